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

MOST = 8  # findings that are told


def weakened(waived: Sequence[str], root: Path, commit: str) -> Iterator[Disagreement]:
    """Each finding of ``waived`` (``SETTING: TEXT``) that the settings in the commit would have held against the run."""
    if not waived:
        return
    settings = _of(root, commit)
    held = []
    for finding in waived:
        key, _, text = finding.partition(": ")
        name = key.replace("-", "_")
        if getattr(settings, name, "fail") == "fail" and not is_excepted(name, text, settings):
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
