"""What a run let pass, and its coverage, are held against the settings of its commit, whichever half of the run had it."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest

from hub_runner.proof.disagreement import Reason
from hub_runner.proof.waived_findings import weakened
from hub_runner.result import HALVES, Coverage, FileCoverage, Lifecycle, Verdict
from hub_runner.settings import Settings, load
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


@pytest.mark.parametrize("laxer", [{"environ": {"HUB_RUNNER_WARNINGS": "ignore"}}, {"flags": {"warnings": "note"}}])
def test_a_flag_is_not_laxer_than_the_commit_where_the_default_is_lax_too(run: Run, laxer: dict[str, Any]) -> None:
    (run.root / "pyproject.toml").write_text('[tool.hub-runner]\nwarnings = "fail"\n')
    commit = honest.commit(run.root)
    held, lenient = ruled("warnings", [Finding(text=TEXT)], load(run.root, **{"environ": {}, **laxer}))
    assert held == []
    (item,) = weakened([finding.text for finding in lenient if finding.waived], run.root, commit)
    assert "warnings: tests/test_old.py" in item.text


@pytest.mark.parametrize("setting", ["", 'warnings = "ignore"'])
def test_what_no_setting_ever_held_against_a_run_is_not_waived(run: Run, setting: str) -> None:
    (run.root / "pyproject.toml").write_text(f"[tool.hub-runner]\n{setting}\n")
    settings = load(run.root, environ={"HUB_RUNNER_UNLISTED_FILES": "ignore"})
    assert [it.waived for it in ruled("warnings", [Finding(text=TEXT)], settings)[1]] == [False]


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ('demo = "both"', 'demo is "both" in pyproject.toml of commit .*, and the run has tested with demo data only'),
        ("lifecycle = true", "An upgrade or an uninstallation is asked for"),
        ("uninstall = true", "An upgrade or an uninstallation is asked for"),
        ('upgrade-from = "v1"', "An upgrade or an uninstallation is asked for"),
        ('demo = "off"', ""),
    ],
)
def test_a_flag_leaves_out_nothing_that_the_commit_asks_for(run: Run, setting: str, said: str) -> None:
    (run.root / "pyproject.toml").write_text(f'[tool.hub-runner]\noutput = "out"\n{setting}\n')
    run.anew(honest.result(run.root, honest.commit(run.root)))
    code, found = run.verify()
    assert code == bool(said), found
    assert bool(re.search(f"  weakened: {said}", found)) is bool(said), found


def test_what_the_commit_asks_for_and_the_run_has_done_is_proven(run: Run) -> None:
    (run.root / "pyproject.toml").write_text('[tool.hub-runner]\noutput = "out"\ndemo = "both"\nuninstall = true\n')
    result = honest.result(run.root, honest.commit(run.root))
    tests = tuple(replace(test, demo=demo) for demo in HALVES for test in result.verdict.outcomes)
    life = Lifecycle(ref="", commit="", version="", stages={"tests": "passed", "uninstall": "passed"})
    verdict = replace(result.verdict, outcomes=tests, lifecycle=life)
    run.anew(replace(result, info=replace(result.info, demo="both"), verdict=verdict))
    code, found = run.verify()
    assert code == 0, found


LOW = FileCoverage(file="addons/traction/models.py", statements=10, missed=9, missing="2-10")
WHOLE = replace(LOW, missed=0, missing="")
MEASURED = Coverage(version="7.17", branch=True, files=(LOW,))


@pytest.mark.parametrize(
    ("settings", "measured", "said"),
    [
        ("", None, ""),
        ("coverage-fail-under = 10", MEASURED, ""),
        ("coverage-fail-under = 90", MEASURED, "coverage-fail-under is 90 % .* the tests ran 10.0 % of the module"),
        ("coverage-fail-under = 90", None, "no coverage was measured"),
        ("coverage-fail-under = 10", replace(MEASURED, branch=False), "branches were not measured"),
        ("coverage-fail-under = 10\ncoverage-branches = false", replace(MEASURED, branch=False), ""),
        ('coverage-fail-under = 90\ncoverage-diff = "a"', replace(MEASURED, since="a", changed=(WHOLE,)), ""),
        ('coverage-fail-under = 90\ncoverage-diff = "a"', replace(MEASURED, since="a", changed=(LOW,)), "10.0 % of what"),
        ("coverage-fail-under = 90", replace(MEASURED, since="HEAD", changed=(WHOLE,)), "10.0 % of the module"),
    ],
)
def test_a_flag_lowers_no_floor_of_the_commit(run: Run, settings: str, measured: Coverage | None, said: str) -> None:
    (run.root / "pyproject.toml").write_text(f'[tool.hub-runner]\noutput = "out"\n{settings}\n')
    result = honest.result(run.root, honest.commit(run.root))
    run.anew(replace(result, verdict=replace(result.verdict, coverage=measured)))
    code, found = run.verify()
    assert code == bool(said), found
    assert bool(re.search(f"  weakened: .*{said}", found)) is bool(said), found


def test_nothing_is_asked_of_the_coverage_of_a_part(run: Run) -> None:
    (run.root / "pyproject.toml").write_text("[tool.hub-runner]\ncoverage-fail-under = 90\n")
    result = honest.result(run.root, honest.commit(run.root))
    run.anew(replace(result, verdict=replace(result.verdict, part="-k one")))
    assert "weakened" not in run.verify()[1]
