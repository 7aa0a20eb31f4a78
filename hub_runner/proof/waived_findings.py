"""What a run let pass or left out, held against the settings of its commit: a flag would be a private opinion."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path

from hub_runner.checkout import committed
from hub_runner.errors import UsageError
from hub_runner.measuring.floor import LEAST
from hub_runner.proof.disagreement import Disagreement, Reason
from hub_runner.result import HALVES, Result, Verdict
from hub_runner.settings import Settings, load_table
from hub_runner.text import listed, percentage, shorten
from hub_runner.verdict.waived import Waived, is_excepted

MOST = 8  # findings that are told
LENIENT = ("note", "ignore")  # the levels that let a finding pass; any other setting (`demo`) has other values


def weakened(findings: Sequence[str], root: Path, commit: str) -> Iterator[Disagreement]:
    """Each finding that was waived, as ``Waived`` writes it, and that the commit's own settings hold against the run."""
    if not findings:
        return
    settings = settings_of(root, commit)
    held = []
    for finding in findings:
        waived = Waived.parse(finding)
        name = waived.setting.replace("-", "_")
        if getattr(settings, name, "fail") not in LENIENT and not is_excepted(name, waived.text, settings):
            held.append(finding)
    for finding in listed(held, MOST):
        text = f"{shorten(finding, 300)}: this was let pass, and pyproject.toml of commit {commit[:12]} does not say so."
        yield Disagreement(reason=Reason.WEAKENED, text=text)


def left_out(result: Result, root: Path, commit: str) -> Iterator[Disagreement]:
    """What the commit's settings ask of each run beyond its tests, and a green run has not done."""
    if not result.verdict.passed or result.verdict.part:
        return
    settings, where = settings_of(root, commit), f"in pyproject.toml of commit {commit[:12]}"
    if settings.demo == "both" and result.info.demo != "both":
        text = f'demo is "both" {where}, and the run has tested {HALVES.get(result.info.demo, "something else")} only.'
        yield Disagreement(reason=Reason.WEAKENED, text=text)
    if (settings.begins_from or settings.is_uninstalled) and result.verdict.lifecycle is None:
        text = f"An upgrade or an uninstallation is asked for {where}, and the run has tried neither."
        yield Disagreement(reason=Reason.WEAKENED, text=text)


def below_the_floor(verdict: Verdict, root: Path, commit: str) -> Iterator[Disagreement]:
    """Whether a green run of all tests has the coverage that ``coverage-fail-under`` of the commit asks for."""
    if not verdict.passed or verdict.part:  # nothing is asked of a part, and a red run claims nothing
        return
    settings, measured = settings_of(root, commit), verdict.coverage
    floor = settings.coverage_fail_under
    if not floor:
        return
    if measured is None:
        reached = "no coverage was measured"
    elif settings.coverage_branches and not measured.branch:
        reached = "branches were not measured"
    else:
        changed = bool(measured.since) and measured.since == settings.coverage_diff
        percent = measured.percent_of_changed if changed else measured.percent
        if percent >= floor - LEAST:
            return
        what = f"what has changed since {measured.since}" if changed else "the module"
        reached = f"the tests ran {percentage(percent)} of {what}"
    text = f"coverage-fail-under is {floor:g} % in pyproject.toml of commit {commit[:12]}, and {reached}."
    yield Disagreement(reason=Reason.WEAKENED, text=text)


def settings_of(root: Path, commit: str) -> Settings:
    """The settings that stand in the commit; the defaults if it has none, or none that can be read."""
    try:
        table = tomllib.loads(committed.text(root, commit, "pyproject.toml"))
        return load_table(root, table.get("tool", {}).get("hub-runner", {}), f"pyproject.toml of {commit}")
    except (committed.NotCommitted, UsageError, ValueError, AttributeError):
        return Settings(root=root)
