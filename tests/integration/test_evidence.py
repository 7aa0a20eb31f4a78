"""What is judged and signed is what was tested (I10), however the checkout changes meanwhile."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.integration.conftest import Make, run, start
from tests.standins.checkout import PASS, TESTS, Checkout, noisy

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
    end = time.monotonic() + 60
    while "phase        tests" not in (checkout.log.read_text(errors="replace") if checkout.log.exists() else ""):
        assert time.monotonic() < end
        assert process.poll() is None, process.communicate()[0]
        time.sleep(0.02)
    change()
    said = process.communicate(timeout=60)[0]
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
