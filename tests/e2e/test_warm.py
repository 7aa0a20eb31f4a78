"""A prepared database changes how long a run takes, and nothing that it proves."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.lab import CORPUS, ROOT, WHOLE_CORPUS

pytestmark = pytest.mark.e2e

# One of each way to end (`order_needs_auto` has tests that fail, and gets a second opinion for it); the corpus as a whole,
# with HUB_RUNNER_WHOLE_CORPUS=1, takes an hour on two cores.
CHOSEN = (
    *("passing", "passing_http", "broken_acl", "empty_methods"),
    *("order_needs_web", "order_needs_auto", "order_external_id", "order_not_null"),
)
# Their red verdict on a prepared database was not believed: it is that of a cold start.
DOUBTED = {"failing", "failing_post_install", "broken_acl", "broken_hook", "order_needs_auto", "order_not_null"}
# The first two end by the time limit, the others are refused before anything starts: nothing to compare.
LEFT_OUT = {"hostile_hang", "hostile_thread", "broken_dependency", "broken_python_dependency", "ignored_not_installable"}
# It cuts Odoo's connections: which module fails to load after that depends on what is still to be installed.
NOTES_VARY = {"hostile_database"}
# What Odoo printed last says how much of it was installed before.
LOG_LINE = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} \d+ INFO ")
WHOLE = tuple(sorted({path.parent.name for path in CORPUS.glob("*/__manifest__.py")} - LEFT_OUT))
MODULES = WHOLE if WHOLE_CORPUS else CHOSEN


def runs(folder: Path, *flags: str) -> dict[str, Any]:
    """Each module's result."""
    return {it["run"]["module"]: it for it in run_each(MODULES, "tests/corpus", folder, *flags)}


def run_each(modules: Sequence[str], addons: str, folder: Path, *flags: str) -> list[dict[str, Any]]:
    """Runs two at a time."""
    clean = {key: value for key, value in os.environ.items() if not key.startswith("HUB_RUNNER_")}
    done = subprocess.run(
        (sys.executable, "-m", "hub_runner", "run", *modules, "--jobs=2", "--json", f"--output={folder}", *flags),
        cwd=ROOT,
        env={**clean, "HUB_RUNNER_ADDONS": addons},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.fixture(scope="module")
def cold(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return runs(tmp_path_factory.mktemp("cold"), "--cold")


@pytest.fixture(scope="module")
def warm(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return runs(tmp_path_factory.mktemp("warm"))


@pytest.mark.parametrize("module", MODULES)
def test_the_verdict_is_the_same_warm_and_cold(module: str, warm: dict[str, Any], cold: dict[str, Any]) -> None:
    assert proven(warm[module]) == proven(cold[module])


@pytest.mark.parametrize("module", MODULES)
def test_each_of_them_was_what_it_is_called(module: str, warm: dict[str, Any], cold: dict[str, Any]) -> None:
    assert cold[module]["run"]["warm"] is None
    assert bool(warm[module]["run"]["warm"]) != (module in DOUBTED)


@pytest.mark.parametrize("flags", [(), ("--cold",)], ids=["warm", "cold"])
def test_the_files_of_attachments_are_there_as_they_were_made(tmp_path: Path, flags: tuple[str, ...]) -> None:
    (result,) = run_each(("stored_files",), "tests/e2e/modules", tmp_path, *flags)
    assert result["passed"], result["tests"]
    assert bool(result["run"]["warm"]) != bool(flags)


def proven(result: dict[str, Any]) -> dict[str, Any]:
    """All of a result but what no two runs have in common."""
    tests = [
        {key: test[key] for key in ("name", "file", "line", "status", "reason", "subtests")} for test in result["tests"]
    ]
    kept = {key: result[key] for key in ("passed", "return_code", "counts", "odoo_version")}
    kept["notes"] = [note for note in result["notes"] if not note.startswith("a second opinion was asked for")]
    if result["run"]["module"] in NOTES_VARY:
        del kept["notes"]
    problems = [{**it, "details": [line for line in it["details"] if not LOG_LINE.match(line)]} for it in result["problems"]]
    return {"tests": tests, **json.loads(_without_run(json.dumps({**kept, "problems": problems})))}


def _without_run(text: str) -> str:
    """Times, process ids and the numbers of records are a run's own."""
    text = re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} \d+", "TIME PID", text)
    return re.sub(r"\d+(\.\d+)? s\b|hub-agent-test-\w+-\d+-\w{4}|\bid=\d+|\(\d+,\)", "X", text)
