"""What a run let pass is held against the settings of its commit, whichever half of the run had it."""

from __future__ import annotations

import pytest

from hub_runner.proof.disagreement import Reason
from hub_runner.proof.waived_findings import weakened
from hub_runner.result import HALVES, Verdict
from hub_runner.settings import Settings
from hub_runner.verdict.halves import both
from hub_runner.verdict.strictness import Finding, ruled
from tests.unit.proof import honest
from tests.unit.proof.honest import Run

BOTH_HALVES = tuple(HALVES)
TEXT = "tests/test_old.py: 1 test"


def waived(run: Run, *halves: str) -> tuple[str, ...]:
    """What a run writes whose tests are in a forgotten file; ``halves`` are those in which it let that pass."""
    _, lenient = ruled("forgotten_tests", [Finding(text=TEXT)], Settings(root=run.root, forgotten_tests="note"))
    lax = Verdict(waived=tuple(finding.text for finding in lenient if finding.waived))
    return both({demo: lax if demo in halves else Verdict() for demo in HALVES}).waived


@pytest.mark.parametrize("halves", [BOTH_HALVES, ("on",), ("off",)])
@pytest.mark.parametrize("setting", ['forgotten-tests = "note"', 'waive = ["forgotten-tests:tests/test_old.py*"]'])
def test_what_the_commit_lets_pass_is_honest_in_each_half(run: Run, halves: tuple[str, ...], setting: str) -> None:
    (run.root / "pyproject.toml").write_text(f'[tool.hub-runner]\ndemo = "both"\n{setting}\n')
    commit = honest.commit(run.root)
    findings = waived(run, *halves)
    assert len(findings) == 1
    assert list(weakened(findings, run.root, commit)) == []


@pytest.mark.parametrize("halves", [BOTH_HALVES, ("on",), ("off",)])
def test_what_the_commit_does_not_let_pass_weakens_in_each_half(run: Run, halves: tuple[str, ...]) -> None:
    (item,) = weakened(waived(run, *halves), run.root, "HEAD")
    assert item.reason is Reason.WEAKENED
    assert "forgotten-tests: tests/test_old.py" in item.text


@pytest.mark.parametrize("setting", ["demo", "project", "no-such-setting", "with demo data"])
def test_a_setting_that_is_none_of_strictness_lets_nothing_pass(run: Run, setting: str) -> None:
    (item,) = weakened([f"{setting}: {TEXT}"], run.root, "HEAD")
    assert item.reason is Reason.WEAKENED
