"""What tests of every kind share."""

from __future__ import annotations

import contextlib
import os
import resource
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from hub_runner.host.signals import heed_interrupts

# How fast this host is today says nothing about the code.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")

# Tests that were started with nohup, or in a script's background, would hand an ignored signal on to all that they start,
# which respects it: what is interrupted would then be waited for in vain, ten seconds each time.
signal.signal(signal.SIGHUP, signal.SIG_DFL)
heed_interrupts()

MANIFEST = '{"name": "Probe", "summary": "A module", "license": "LGPL-3"}\n'


E2E = "tests/e2e/"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Of two workers the first begins with what takes longest, and the other with the quick ones."""
    if hasattr(config, "workerinput"):
        items.sort(key=lambda item: not item.nodeid.startswith(E2E))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """`nox -s check` has two workers, because runs of stand-ins mostly wait, and a real Odoo mostly computes.

    All tests with a real Odoo are one worker's, one after the other: they would only take the cores from each other. The
    other worker does the rest file by file, and whoever has nothing to do any more takes the next file.
    """
    from xdist.scheduler import LoadScopeScheduling

    class OddJobs(LoadScopeScheduling):  # type: ignore[misc]  # xdist ships no types
        def _split_scope(self, nodeid: str) -> str:
            return E2E if nodeid.startswith(E2E) else nodeid.partition("::")[0]

    return OddJobs(config, log)


Nobody = Callable[..., str]
AS_NOBODY = """
import os, sys
from pathlib import Path
from hub_runner.checkout import modules, snapshot
os.setgroups([])
os.setgid(65534)
os.setuid(65534)
"""


@pytest.fixture
def nobody(tmp_path: Path) -> Nobody:
    """Runs a line of Python as a user who may do nothing, where root may do everything; what it said on both streams.

    ``modules`` and ``snapshot`` are loaded before: that user need not be able to read them."""
    for folder in (tmp_path, *tmp_path.parents):
        if Path(tempfile.gettempdir()) in folder.parents:
            folder.chmod(0o755)

    def run(program: str, *arguments: str) -> str:
        # That user may write no coverage data either.
        unmeasured = {key: value for key, value in os.environ.items() if not key.startswith("COVERAGE_")}
        return subprocess.run(
            (sys.executable, "-c", f"{AS_NOBODY}{program}", *arguments),
            env={**unmeasured, "PYTHONPATH": str(Path(__file__).parents[1])},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=60,
            check=False,
        ).stdout

    return run


@pytest.fixture
def addons(tmp_path: Path) -> Path:
    """A folder for modules. Fill it with ``write_module``."""
    folder = tmp_path / "addons"
    folder.mkdir()
    return folder


def write_module(addons: Path, name: str, manifest: str = MANIFEST) -> Path:
    """A module of nothing but a manifest."""
    folder = addons / name
    folder.mkdir(parents=True)
    (folder / "__manifest__.py").write_text(manifest, encoding="utf-8")
    return folder


@contextlib.contextmanager
def room_for(size: int) -> Iterator[None]:
    """Files cannot grow beyond ``size`` bytes: what a full disk does, without a disk."""
    before, ignored = resource.getrlimit(resource.RLIMIT_FSIZE), signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, ignored)
