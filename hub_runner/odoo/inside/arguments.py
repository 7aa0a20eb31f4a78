"""Odoo's arguments, fitted to the Odoo and the container that are found: pure functions."""

from __future__ import annotations

import configparser
import socket
from collections.abc import Mapping, Sequence
from pathlib import Path

# Option, variables that the official entrypoint reads in their order, PostgreSQL's own variable, the entrypoint's default.
DATABASE = (
    ("db_host", ("HOST", "DB_PORT_5432_TCP_ADDR"), "PGHOST", "db"),
    ("db_port", ("PORT", "DB_PORT_5432_TCP_PORT"), "PGPORT", "5432"),
    ("db_user", ("USER", "DB_ENV_POSTGRES_USER", "POSTGRES_USER"), "PGUSER", "odoo"),
    ("db_password", ("PASSWORD", "DB_ENV_POSTGRES_PASSWORD", "POSTGRES_PASSWORD"), "PGPASSWORD", "odoo"),
)
PASSWORD_FILE = "PASSWORD_FILE"  # noqa: S105  # the name of a variable, which comes before all others


def fitted(arguments: Sequence[str], series: tuple[int, int], environ: Mapping[str, str], port: int) -> list[str]:
    """What stands last wins in Odoo: the user's own arguments come after ours."""
    first = [*database(environ, configured(environ.get("ODOO_RC", "/etc/odoo/odoo.conf")), series)]
    return [*first, f"--http-port={port}", *demo(arguments, series)]


def database(environ: Mapping[str, str], known: set[str], series: tuple[int, int]) -> list[str]:
    """As the official entrypoint does it: odoo.conf wins, and from 19.0 on PostgreSQL's variables do too."""
    arguments = []
    environ = {**environ, **password_of_file(environ)}
    for option, variables, postgres, default in DATABASE:
        value = next((environ[name] for name in variables if environ.get(name)), "")
        if option in known or (environ.get(postgres) and (series >= (19, 0) or not value)):
            continue
        arguments.append(f"--{option}={value or default}")
    return arguments


def password_of_file(environ: Mapping[str, str]) -> dict[str, str]:
    """The password that stands in a file, such as a Compose secret; the shell drops line ends behind it. Raises OSError."""
    if PASSWORD_FILE not in environ:
        return {}
    return {"PASSWORD": Path(environ[PASSWORD_FILE]).read_text(encoding="utf-8").rstrip("\n")}


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
    """The modules that ``-i`` or ``-u`` names."""
    names = [arguments[i + 1] for i, word in enumerate(arguments[:-1]) if word in ("-i", "-u")]
    return tuple(names[-1].split(",")) if names else ()


def free_port() -> int:
    """A port that the system chooses. Odoo 16.0 and 17.0 do not tell HttpCase which one they got for port 0."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
