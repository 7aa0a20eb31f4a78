"""What is judged and signed is what was tested (I10), however the checkout changes meanwhile."""

from __future__ import annotations

import io
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from hub_runner import report
from hub_runner.proof import bundle
from hub_runner.result import Status
from tests.integration.conftest import Make, run, start
from tests.integration.scene import PATIENCE
from tests.standins.checkout import FAIL, PASS, TESTS, Checkout, noisy

pytestmark = pytest.mark.integration


def commit(root: Path) -> str:
    who = ("-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false")
    (root / ".gitignore").write_text("state\n", encoding="utf-8")
    for words in (("init", "-q"), ("add", "addons", "pyproject.toml", "*.yml", ".gitignore"), ("commit", "-qm", "x")):
        subprocess.run(("git", "-C", root, *who, *words), check=True)
    return subprocess.check_output(("git", "-C", root, "rev-parse", "HEAD"), text=True).strip()


def meanwhile(checkout: Checkout, change: Callable[[], object]) -> tuple[int, str]:
    """Runs ``slow`` and ``next``, and changes the checkout during the tests of ``slow``; exit code and the last log."""
    process = start(checkout, "slow", "next")
    end = time.monotonic() + PATIENCE
    while "phase        tests" not in (checkout.log.read_text(errors="replace") if checkout.log.exists() else ""):
        assert time.monotonic() < end
        assert process.poll() is None, process.communicate()[0]
        time.sleep(0.02)
    change()
    said = process.communicate(timeout=PATIENCE)[0]
    return process.returncode, said + checkout.log.read_text(errors="replace")


def test_a_neighbour_who_commits_a_test_meanwhile_changes_neither_verdict_nor_commit(make: Make) -> None:
    checkout = make(modules={"slow": noisy(100, 100), "next": PASS})
    first = commit(checkout.root)

    def change() -> None:
        for module in ("slow", "next"):
            tests = checkout.root / "addons" / module / "tests" / "test_new.py"
            tests.write_text(TESTS.replace("TestStandin", "TestNew"), encoding="utf-8")
        commit(checkout.root)

    code, said = meanwhile(checkout, change)
    assert code == 0, said
    assert f"commit       {first} (clean)" in said


def test_a_forgotten_file_that_vanishes_during_the_run_was_forgotten_all_the_same(make: Make) -> None:
    checkout = make(modules={"slow": noisy(100, 100), "next": PASS})
    forgotten = checkout.root / "addons" / "slow" / "tests" / "test_new.py"
    forgotten.write_text(TESTS, encoding="utf-8")
    code, said = meanwhile(checkout, forgotten.unlink)
    assert code == 3, said
    assert "tests/test_new.py: 2 tests" in said


def test_a_sister_repository_that_ignores_nothing_of_ours_stays_clean(make: Make) -> None:
    checkout = make()
    first = commit(checkout.root)
    for _ in range(2):
        assert f"commit       {first} (clean)" in run(checkout, "probe").log


def verified(checkout: Checkout, *flags: str) -> tuple[int, str]:
    """The exit code of ``hub-runner verify``, and what it said."""
    done = subprocess.run(
        (sys.executable, "-m", "hub_runner", "verify", *flags),
        cwd=checkout.root,
        env=checkout.environ,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=PATIENCE,
        check=False,
    )
    return done.returncode, done.stdout


def test_what_a_run_leaves_is_proven_until_somebody_edits_it_or_commits_something_else(make: Make) -> None:
    checkout = make()
    commit(checkout.root)
    assert run(checkout, "probe").passed
    code, said = verified(checkout)
    assert code == 0, said
    (checkout.root / "addons/probe/standin.sh").write_text(FAIL, encoding="utf-8")
    commit(checkout.root)
    assert verified(checkout)[0] == 0
    code, said = verified(checkout, "--commit", "HEAD")
    assert code == 1
    assert "addons/probe/standin.sh is another one" in said
    checkout.log.write_bytes(checkout.log.read_bytes().replace(b"exit code    0", b"exit code    1"))
    code, said = verified(checkout, "probe")
    assert code == 1
    assert "proof_of_execution_tests.log: line" in said


def test_all_runs_of_a_command_are_verified_and_come_to_one_verdict(make: Make) -> None:
    checkout = make(modules={"probe": PASS, "next": PASS})
    commit(checkout.root)
    assert run(checkout, "probe", "next").code == 0
    code, said = verified(checkout)
    assert code == 0, said
    assert "  probe: proven" in said
    assert "  next: proven" in said
    (log,) = checkout.root.glob(".hub-runner/runs/*-next-*/proof_of_execution_tests.log")
    log.write_bytes(log.read_bytes().replace(b"exit code    0", b"exit code    1"))
    code, said = verified(checkout, "batch.json")
    assert code == 1
    assert "  next: NOT PROVEN, see above" in said
    assert "  probe: proven" in said


def test_a_rerun_agrees_with_an_honest_run_and_finds_a_claim_that_is_not_true(make: Make) -> None:
    """The liar has everything written by the tool itself, for a commit whose tests fail."""
    checkout = make(modules={"probe": FAIL})
    commit(checkout.root)
    assert run(checkout, "probe").code == 1
    failed = bundle.find(checkout.root, None).result
    passing = tuple(replace(test, status=Status.PASSED, traceback="") for test in failed.verdict.outcomes)
    lie = replace(failed, verdict=replace(failed.verdict, outcomes=passing, problems=()))
    folder = checkout.root.parent / "lie"
    for observer in report.observers(folder, folder, stdout=io.StringIO(), environ={}):
        observer.started(lie.info)
        observer.finished(lie)
    assert verified(checkout, str(folder))[0] == 0
    code, said = verified(checkout, str(folder), "--rerun")
    assert code == 1
    assert "test_two: passed here, failed" in said
    assert "Two reruns did the same: it depends on the day or on the machine, or the claim is not true" in said
    (checkout.root / "addons/probe/standin.sh").write_text(PASS, encoding="utf-8")
    commit(checkout.root)
    assert run(checkout, "probe").passed
    code, said = verified(checkout, "--rerun")
    assert code == 0, said
    assert "PROVEN at level 2, without a signature" in said
    assert subprocess.check_output(("git", "-C", checkout.root, "worktree", "list"), text=True).count("\n") == 1
