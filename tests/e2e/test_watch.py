"""A watch on a real Odoo: what is saved is judged, quickly and as a run would, and nothing is left when it ends."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import pytest

from hub_runner.engine.client import connect
from tests.e2e.lab import CORPUS, ROOT

pytestmark = pytest.mark.e2e
PROJECT = "watch-e2e"
TIMEOUT = 600.0  # seconds for one verdict: the first one may have to prepare a database


class Watching:
    """A watch of the corpus's module ``passing`` in a checkout of its own."""

    def __init__(self, root: Path) -> None:
        self.module = root / "addons" / "passing"
        shutil.copytree(CORPUS / "passing", self.module)
        (root / "pyproject.toml").write_text(f'[tool.hub-runner]\nproject = "{PROJECT}"\n', encoding="utf-8")
        self.tests = self.module / "tests" / "test_passing.py"
        self.errors: IO[str] = (root / "errors").open("w+", encoding="utf-8")
        environ = {key: value for key, value in os.environ.items() if not key.startswith(("HUB_RUNNER_", "COVERAGE_"))}
        self.process = subprocess.Popen(
            (sys.executable, "-m", "hub_runner", "watch", "passing", "--json", "--ports=8500-8510"),
            cwd=root,
            env={**environ, "PYTHONPATH": str(ROOT)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=self.errors,
            text=True,
        )

    def save(self, file: Path, text: str) -> None:
        """In one go, as editors save: a file that is empty for a moment would have a verdict of its own."""
        elsewhere = self.module.parents[1] / "saved"
        elsewhere.write_text(text, encoding="utf-8")
        elsewhere.replace(file)

    def verdict(self) -> dict[str, Any]:
        """The next one."""
        assert self.process.stdout
        line = self.process.stdout.readline()
        self.errors.seek(0)
        assert line, self.errors.read()
        answer: dict[str, Any] = json.loads(line)
        return answer

    def end(self) -> int:
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(TIMEOUT)


@pytest.fixture
def watching(tmp_path: Path) -> Iterator[Watching]:
    watching = Watching(tmp_path)
    with watching.errors, watching.process:
        yield watching
        watching.process.kill()


def test_each_save_gets_its_verdict_and_nothing_is_left(watching: Watching) -> None:
    """One story, because each step builds on the one before."""
    good = watching.tests.read_text(encoding="utf-8")
    first = watching.verdict()
    assert (first["passed"], first["counts"]["passed"], first["counts"]["skipped"]) == (True, 3, 1), first

    watching.save(watching.tests, good.replace("self.assertLess(number, 3)", "self.assertLess(number, 2)"))
    failed = watching.verdict()
    assert not failed["passed"]
    assert failed["changed"] == "passing/tests/test_passing.py"
    assert [it["name"] for it in failed["failures"]] == ["TestAtInstall.test_subtests"]
    line = 1 + good[: good.index("self.assertLess")].count("\n")
    assert failed["failures"][0]["line"] == line

    watching.save(watching.tests, good + "def broken(:\n")
    broken = watching.verdict()
    assert not broken["passed"]
    assert broken["problems"][0]["file"] == "addons/passing/tests/test_passing.py"

    watching.save(watching.tests, good)
    assert watching.verdict()["passed"]

    watching.save(watching.module / "models.py", "import no_such_package\n")
    watching.save(watching.module / "__init__.py", "from . import models\n")
    red = watching.verdict()
    while red["changed"] == "passing/models.py":  # the first of the two saves alone is no mistake yet
        red = watching.verdict()
    assert not red["passed"]
    assert "no_such_package" in json.dumps(red["problems"])

    watching.save(watching.module / "__init__.py", "")
    assert watching.verdict()["passed"]

    assert watching.end() == 130
    assert not (watching.module.parents[1] / "result.json").exists(), "a quick verdict is no proof"
    left = connect().api.containers(all=True, filters={"name": PROJECT})
    assert left == []
