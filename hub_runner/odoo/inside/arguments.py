"""Odoo's arguments, fitted to the Odoo and the container that are found: pure functions."""

from __future__ import annotations

import configparser
import socket
from collections.abc import Mapping, Sequence

# option, variable of the image, PostgreSQL's own variable, the official entrypoint's default
DATABASE = (
    ("db_host", "HOST", "PGHOST", "db"),
    ("db_port", "PORT", "PGPORT", "5432"),
    ("db_user", "USER", "PGUSER", "odoo"),
    ("db_password", "PASSWORD", "PGPASSWORD", "odoo"),
)


def fitted(arguments: Sequence[str], series: tuple[int, int], environ: Mapping[str, str], port: int) -> list[str]:
    """What stands last wins in Odoo: the user's own arguments come after ours."""
    first = [*database(environ, configured(environ.get("ODOO_RC", "/etc/odoo/odoo.conf")), series)]
    return [*first, f"--http-port={port}", *demo(arguments, series)]


def database(environ: Mapping[str, str], known: set[str], series: tuple[int, int]) -> list[str]:
    """As the official entrypoint does it: odoo.conf wins, and from 19.0 on PostgreSQL's variables do too."""
    arguments = []
    for option, variable, postgres, default in DATABASE:
        if option in known or (environ.get(postgres) and (series >= (19, 0) or not environ.get(variable))):
            continue
        arguments.append(f"--{option}={environ.get(variable) or default}")
    return arguments


def configured(path: str) -> set[str]:
    """The options that Odoo's configuration file sets; none where it cannot be read, as for the entrypoint."""
    parser = configparser.RawConfigParser(strict=False)
    try:
        parser.read(path)
        return {key for key, value in parser.items("options") if value not in ("", "False")}
    except (configparser.Error, OSError, UnicodeDecodeError):
        return set()


def demo(arguments: Sequence[str], series: tuple[int, int]) -> list[str]:
    """Up to 18.0 demo data is on unless it is switched off, from 19.0 on it is the other way round."""
    words = {"--with-demo": "--without-demo="} if series < (19, 0) else {"--without-demo=all": "--without-demo=1"}
    return [words.get(argument, argument) for argument in arguments]


def targets(arguments: Sequence[str]) -> tuple[str, ...]:
    """The modules that ``-i`` names."""
    names = [arguments[i + 1] for i, word in enumerate(arguments[:-1]) if word == "-i"]
    return tuple(names[-1].split(",")) if names else ()


def free_port() -> int:
    """A port that the system chooses. Odoo 16.0 and 17.0 do not tell HttpCase which one they got for port 0."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
