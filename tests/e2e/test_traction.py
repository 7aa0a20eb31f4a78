"""What everyone runs first, on the real Odoo, with the commands of the README."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.lab import confirm

pytestmark = pytest.mark.e2e
ROOT = Path(__file__).parents[2]
LOG = "proof_of_execution_tests.log"


def nox(*words: str, **environ: str) -> subprocess.CompletedProcess[str]:
    clean = {key: value for key, value in os.environ.items() if not key.startswith("HUB_RUNNER_")}
    return subprocess.run(
        (sys.executable, "-m", "nox", *words),
        cwd=ROOT,
        env={**clean, "COLUMNS": "200", **environ},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=900,
        check=False,
    )


def run_of(folder: Path) -> str:
    """The project of the latest run, from its result."""
    result = json.loads((folder / "result.json").read_text(encoding="utf-8"))
    (name,) = set(re.findall(r"hub-agent-test-[a-z_]+-\d+-[0-9a-f]{4}", json.dumps(result)))
    return str(name)


def left_of(project: str) -> str:
    """W8: what `docker ps -a | grep` finds, and networks and volumes likewise."""
    lists = (("ps", "--all", "--format", "{{.Names}}"), ("network", "ls"), ("volume", "ls"))
    found = [subprocess.run(("docker", *words), capture_output=True, text=True, check=True).stdout for words in lists]
    return "\n".join(line for text in found for line in text.splitlines() if project in line)


def test_traction_passes_as_the_readme_says(tmp_path: Path) -> None:
    done = nox("-s", "test", "--", "traction")
    assert done.returncode == 0, done.stdout
    match = re.search(r"PASSED traction: (\d+) tests in .* on Odoo (\d+\.\d)", done.stdout)
    assert match, done.stdout
    assert int(match[1]) >= 40
    log = (ROOT / LOG).read_text(encoding="utf-8")
    for words in ("odoo.addons.traction", "verified: nothing of", "sha256:", f"{match[1]} passed"):
        assert words in log
    assert left_of(run_of(ROOT)) == ""
    command = (sys.executable, "-m", "hub_runner", "verify", "--commit", "HEAD")  # also if something else is uncommitted
    proof = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert "PROVEN at level 0" in proof.stdout, proof.stdout + proof.stderr
    assert proof.returncode == 0, proof.stdout


def test_a_failing_module_fails_with_the_right_words(tmp_path: Path) -> None:
    confirm(tmp_path, "failing", "TestFailing.test_assert: AssertionError")
    done = nox("-s", "test", "--", "failing", "--output", str(tmp_path), HUB_RUNNER_ADDONS="tests/corpus")
    assert done.returncode == 1
    assert "exit code 1" in done.stdout
    assert "FAILED TestFailing.test_assert tests/corpus/failing/tests/test_it.py:6" in done.stdout
    assert "AssertionError: 1 != 2 : one is not two" in done.stdout
    assert "repeat: nox -s test -- failing --test-tags /failing:TestFailing.test_assert" in done.stdout
    assert "FAILED failing: 1 of 2 tests failed" in done.stdout
    assert left_of(run_of(tmp_path)) == ""


def test_memory_that_runs_out_is_called_so(tmp_path: Path) -> None:
    """In less of it than the compose file gives, so that the machine does not feel it."""
    compose = tmp_path / "compose.yml"
    text = (ROOT / "docker-compose.agent.yml").read_text(encoding="utf-8")
    compose.write_text(text.replace("mem_limit: 4g", "mem_limit: 700m"), encoding="utf-8")
    environ = {"HUB_RUNNER_ADDONS": "tests/corpus", "HUB_RUNNER_COMPOSE_FILE": str(compose)}
    done = nox("-s", "test", "--", "hostile_memory", "--output", str(tmp_path), **environ)
    assert "PROBLEM out_of_memory (tests/corpus/hostile_memory/tests/test_it.py:10): Memory ran out during" in done.stdout
    assert "exit code 4" in done.stdout
    assert left_of(run_of(tmp_path)) == ""
