"""A throw-away checkout with modules that the stand-ins play: no Odoo, everything else as it is in earnest."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from hub_runner.settings import Settings
from tests.standins import Images

REPOSITORY = Path(__file__).parents[2]
# What a module's standin.sh may say; the words are defined in rootfs/bin/python3.
PASS = "begin test_one test_two\npassed test_one\npassed test_two\nfinish 0\n"
FAIL = "begin test_one test_two\npassed test_one\nfailed test_two\nfinish 1\n"
NO_TESTS = "begin\nfinish 0\n"
HANG = "begin test_one\nsay 1 0 hanging\nhang\n"
# Goes on once the file is there: `docker exec CONTAINER touch GO`.
GO = "/var/lib/odoo/go"
HELD = f"begin test_one\nsay 1 0 held\nuntil [ -f {GO} ]; do usleep 50000; done\npassed test_one\nfinish 0\n"


def noisy(lines: int, per_second: int) -> str:
    """Passes after so many log lines."""
    return f"begin test_one\nsay {lines} {1_000_000 // per_second}\npassed test_one\nfinish 0\n"


@dataclass(frozen=True, kw_only=True)
class Checkout:
    """Where to stand (``root``), or what to set to run it from elsewhere (``environ``)."""

    root: Path
    settings: Mapping[str, str | bool | float | tuple[str, ...]]

    @property
    def environ(self) -> dict[str, str]:
        """For a command that starts in this checkout: its locks lie apart from those of earnest runs."""
        clean = {key: value for key, value in os.environ.items() if not key.startswith("HUB_RUNNER_")}
        path = os.pathsep.join(filter(None, (str(REPOSITORY), clean.get("PYTHONPATH"))))
        return {
            **clean,
            "PYTHONPATH": path,
            "HUB_RUNNER_STATE": str(self.root / "state"),
            "XDG_CACHE_HOME": str(self.root / "cache"),
        }

    @property
    def environ_elsewhere(self) -> dict[str, str]:
        """For a command that starts in another folder, such as nox in this repository's."""
        places = {
            "HUB_RUNNER_ADDONS": str(self.root / "addons"),
            "HUB_RUNNER_COMPOSE_FILE": str(self.root / Settings.compose_file),
            "HUB_RUNNER_OUTPUT": str(self.root),
        }
        return {**self.environ, **{f"HUB_RUNNER_{key.upper()}": _text(it) for key, it in self.settings.items()}, **places}

    def hub_runner(
        self, *words: str, environ: Mapping[str, str] | None = None, cwd: Path | None = None, timeout: float = 180
    ) -> subprocess.CompletedProcess[str]:
        """Types `hub-runner WORDS` here or in ``cwd``, with nothing to read, and waits ``timeout`` seconds for its end."""
        return subprocess.run(
            (sys.executable, "-m", "hub_runner", *words),
            cwd=cwd or self.root,
            env=dict(environ or self.environ),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )

    @property
    def log(self) -> Path:
        return self.root / "proof_of_execution_tests.log"


def checkout(
    root: Path,
    images: Images,
    *,
    modules: Mapping[str, str] | None = None,
    compose: str | None = None,
    **settings: str | bool | float | tuple[str, ...],
) -> Checkout:
    """Makes a checkout in the folder ``root``: modules by name with what their standin.sh says (``probe`` passes).

    ``compose`` is the text of the compose file (this repository's own, with faster healthchecks); further arguments are
    settings in [tool.hub-runner], such as ``ports="18090-18094"``.
    """
    values: dict[str, str | bool | float | tuple[str, ...]] = {
        "project": "standin",
        "odoo_image": images.odoo,
        "db_image": images.db,
        "ports": "18090-18189",
        **settings,
    }
    root.mkdir(parents=True, exist_ok=True)
    lines = [f"{key.replace('_', '-')} = {json.dumps(value)}" for key, value in values.items()]
    (root / "pyproject.toml").write_text("\n".join(["[tool.hub-runner]", *lines, ""]), encoding="utf-8")
    (root / Settings.compose_file).write_text(compose or fast_compose(), encoding="utf-8")
    for name, script in ({"probe": PASS} if modules is None else modules).items():
        add_module(root / "addons" / name, script)
    return Checkout(root=root, settings=values)


def fast_compose() -> str:
    """This repository's compose file, with healthchecks that do not let a test wait."""
    text = (REPOSITORY / Settings.compose_file).read_text(encoding="utf-8")
    return text.replace("interval: 1s", "interval: 200ms").replace("retries: 120", "retries: 30")


def add_module(folder: Path, script: str) -> None:
    """A module with two tests in one file; ``script`` says what becomes of them."""
    (folder / "tests").mkdir(parents=True)
    files = {
        "__init__.py": "",
        "__manifest__.py": '{"name": "Stand-in", "summary": "Played by a script", "license": "LGPL-3"}\n',
        "standin.sh": script,
        "tests/__init__.py": "from . import test_standin\n",
        "tests/test_standin.py": TESTS,
    }
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")


TESTS = """\
from odoo.tests import TransactionCase


class TestStandin(TransactionCase):
    def test_one(self):
        self.assertTrue(self.env)

    def test_two(self):
        self.assertTrue(self.env)
"""


def _text(value: str | bool | float | tuple[str, ...]) -> str:
    return " ".join(value) if isinstance(value, tuple) else str(value).lower() if isinstance(value, bool) else str(value)
