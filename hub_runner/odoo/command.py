"""Odoo's command line for a test of one module, and what came of it. Pure functions: the environment runs them."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from hub_runner.checkout.modules import Module
from hub_runner.odoo import tags
from hub_runner.odoo.choice import EVERYTHING, Choice
from hub_runner.settings import Settings

INSIDE = Path(__file__).parent / "inside"


class Stage(StrEnum):
    """What one of a run's processes of Odoo does with the module. Most runs have the first one only."""

    TESTS = "tests"  # installs it and runs its tests
    INSTALL = "install"  # installs it as it was at `upgrade-from`, without its tests
    UPGRADE = "upgrade"  # upgrades it to today's files and runs its tests
    UNINSTALL = "uninstall"

    @property
    def done(self) -> str:
        """What has become of the module if all went well."""
        return {Stage.UPGRADE: "upgraded", Stage.UNINSTALL: "uninstalled"}.get(self, "installed")

    @property
    def runs_tests(self) -> bool:
        return self in (Stage.TESTS, Stage.UPGRADE)


@dataclass(frozen=True, kw_only=True)
class Execution:
    """The end of Odoo's test process."""

    exit_code: int
    secret: bytes  # seals the record: the launcher gets it on its standard input
    record: bytes  # the file that the launcher wrote, as far as it could be read
    timed_out: bool = False
    interrupted: int = 0  # the number of the signal that broke the tests off
    container_died: str | None = None  # in the engine's words: "odoo: exited with 137, out of memory"
    out_of_memory: bool = False  # whether the kernel killed a process of the odoo service because memory ran out
    tail: bytes = b""  # the last 64 KB of what it printed
    oversized: bool = False  # the record was too long to be read
    variables: frozenset[str] = frozenset()  # the names of the variables of the odoo service that begin with ODOO_


def launcher() -> bytes:
    """A Python archive of ``inside``: run it as ``python3 launcher.pyz RECORD MODE ODOO_ARGUMENT...``."""
    return packed(b"from hub_runner.odoo.inside.launcher import main\nmain()\n")


def packed(main: bytes, more: Mapping[str, bytes] | None = None) -> bytes:
    """A Python archive of ``inside`` with ``main`` as the program that it runs. ``more`` are other files for it, by name."""
    files = {f"hub_runner/odoo/inside/{path.name}": path.read_bytes() for path in INSIDE.glob("*.py")}
    files |= more or {}
    files |= {"hub_runner/__init__.py": b"", "hub_runner/odoo/__init__.py": b"", "__main__.py": main}
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in sorted(files.items()):
            archive.writestr(zipfile.ZipInfo(name), content)
    return buffer.getvalue()


def odoo_arguments(
    module: Module, settings: Settings, *, database: str, along: Sequence[str] = (), choice: Choice = EVERYTHING
) -> tuple[str, ...]:
    """Installs ``module`` in ``database`` and runs its tests. The launcher adds the port and the database's address.

    The modules ``along`` are installed in the same database, and before the tested one unless they need it.
    The user's own arguments come after ours, for Odoo takes the last; what to install and test cannot be changed.
    """
    return (
        *install_arguments((module.name, *along), settings, database=database),
        *_test_arguments(module, settings, choice),
        "--stop-after-init",
    )


def upgrade_arguments(
    module: Module, settings: Settings, *, database: str, others: Sequence[str], choice: Choice = EVERYTHING
) -> tuple[str, ...]:
    """Upgrades ``module`` and ``others`` in ``database``, where they are installed, and runs the tests of ``module``."""
    return (
        *install_arguments((), settings, database=database),
        "-u",
        ",".join((module.name, *others)),
        *_test_arguments(module, settings, choice),
        "--stop-after-init",
    )


def _test_arguments(module: Module, settings: Settings, choice: Choice) -> tuple[str, ...]:
    return "--test-enable", f"--test-tags={tags.restricted(module.name, settings.test_tags or choice.tags(module.name))}"


def install_arguments(names: tuple[str, ...], settings: Settings, *, database: str) -> tuple[str, ...]:
    """Installs modules in ``database``, which is made if it is not there."""
    return (
        "--log-level=info",
        "--logfile=",
        "--workers=0",
        "--max-cron-threads=0",
        "--http-interface=127.0.0.1",
        f"--db-filter=^{re.escape(database)}$",
        "--with-demo" if settings.with_demo else "--without-demo=all",
        *((f"--load-language={','.join(settings.languages)}",) if settings.languages else ()),
        *settings.odoo_args,
        "--database",
        database,
        *(("-i", ",".join(names)) if names else ()),
    )
