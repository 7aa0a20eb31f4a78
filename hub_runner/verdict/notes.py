"""What is said about a run without being held against it."""

from __future__ import annotations

from collections.abc import Iterator

from hub_runner.verdict.evidence import Evidence
from hub_runner.verdict.failures import errors_of_passed_tests


def notes(evidence: Evidence) -> Iterator[str]:
    yield from _deselected(evidence)
    yield from _lenient_logs(evidence)
    yield from _warnings(evidence)


def _deselected(evidence: Evidence) -> Iterator[str]:
    names = [test.name for test in evidence.recording.found if not test.selected]
    if names and evidence.came_to_its_end:
        shown = ", ".join(names[:5]) + (" ..." if len(names) > 5 else "")
        yield f"{len(names)} tests deselected by tags: {shown}"


def _lenient_logs(evidence: Evidence) -> Iterator[str]:
    errors = errors_of_passed_tests(evidence)
    if errors and not evidence.settings.strict_logs:
        yield f"{len(errors)} errors logged by passing tests (strict-logs is off)"


def _warnings(evidence: Evidence) -> Iterator[str]:
    """Only the module's own: Odoo and its dependencies warn of many things that nobody here can change."""
    name = evidence.module.name
    for log in evidence.recording.logs:
        if log.level == "WARNING" and log.loading == name and not log.test:
            yield f"warning while {name} was installed: {' '.join(log.message.split())[:200]}"
