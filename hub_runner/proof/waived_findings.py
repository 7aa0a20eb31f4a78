"""What a run let pass must be let pass by the commit itself: a flag or a variable would be somebody's private opinion."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path

from hub_runner.checkout import committed
from hub_runner.errors import UsageError
from hub_runner.proof.disagreement import Disagreement, Reason
from hub_runner.settings import Settings, load_table
from hub_runner.text import listed, shorten
from hub_runner.verdict.strictness import is_excepted
from hub_runner.verdict.waived import Waived

MOST = 8  # findings that are told
LENIENT = ("note", "ignore")  # the levels that let a finding pass; any other setting (`demo`) has other values


def weakened(findings: Sequence[str], root: Path, commit: str) -> Iterator[Disagreement]:
    """Each finding that was waived, as ``Waived`` writes it, and that the commit's own settings hold against the run."""
    if not findings:
        return
    settings = _of(root, commit)
    held = []
    for finding in findings:
        waived = Waived.parse(finding)
        name = waived.setting.replace("-", "_")
        if getattr(settings, name, "fail") not in LENIENT and not is_excepted(name, waived.text, settings):
            held.append(finding)
    for finding in listed(held, MOST):
        text = f"{shorten(finding, 300)}: this was let pass, and pyproject.toml of commit {commit[:12]} does not say so."
        yield Disagreement(reason=Reason.WEAKENED, text=text)


def _of(root: Path, commit: str) -> Settings:
    """The settings that stand in the commit; the defaults if it has none, or none that can be read."""
    try:
        table = tomllib.loads(committed.text(root, commit, "pyproject.toml"))
        return load_table(root, table.get("tool", {}).get("hub-runner", {}), f"pyproject.toml of {commit}")
    except (committed.NotCommitted, UsageError, ValueError, AttributeError):
        return Settings(root=root)
