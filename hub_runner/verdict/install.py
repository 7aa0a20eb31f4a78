"""Whether the module was installed, and without an error."""

from __future__ import annotations

from collections.abc import Iterator

from hub_runner.errors import EnvironmentFailure
from hub_runner.recording import Logged
from hub_runner.result import Problem
from hub_runner.verdict import causes
from hub_runner.verdict.evidence import Evidence
from hub_runner.verdict.failures import described, shortened_list


def ignored(evidence: Evidence) -> Iterator[Problem]:
    """Odoo leaves such a module out with a warning at most, and exit code 0."""
    if evidence.came_to_its_end and not evidence.was_loaded and not _crashes(evidence):
        yield _problem("module_ignored", *causes.of_silence(evidence))


def failed(evidence: Evidence) -> Iterator[Problem]:
    crashes = _crashes(evidence)
    if crashes and evidence.came_to_its_end:
        cause = causes.first(evidence, crashes[0])
        yield _problem("install_failed", cause.message, *cause.details, file=cause.file, line=cause.line)


def errors(evidence: Evidence) -> Iterator[Problem]:
    found = [log for log in evidence.recording.logs if _is_of_install(log, evidence)]
    if found and not _crashes(evidence):
        yield _problem(
            "install_errors",
            f"{evidence.module.name} was installed, but {len(found)} errors were logged meanwhile. What follows from a "
            "broken install proves nothing: correct the first one below.",
            *shortened_list([described(log) for log in found]),
        )


def _crashes(evidence: Evidence) -> list[Logged]:
    return [log for log in evidence.recording.logs if log.level == "CRITICAL" and log.exception and not log.test]


def _is_of_install(log: Logged, evidence: Evidence) -> bool:
    """Errors logged while a dependency was installed are its own; those outside of any module concern the whole."""
    return log.is_error and log.test is None and log.loading in (evidence.module.name, None)


def _problem(kind: str, message: str, *details: str, file: str | None = None, line: int | None = None) -> Problem:
    code = EnvironmentFailure.return_code
    return Problem(kind=kind, message=message, return_code=code, details=details, file=file, line=line)
