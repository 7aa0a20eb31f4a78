"""Whether the module was installed, and without an error."""

from __future__ import annotations

from collections.abc import Iterator

from hub_runner.errors import EnvironmentFailure
from hub_runner.modules import MANIFEST
from hub_runner.recorded import Logged
from hub_runner.result import Problem
from hub_runner.verdict import causes, silence
from hub_runner.verdict.evidence import Evidence
from hub_runner.verdict.words import counted, described, listed

DATABASE_LOST = ("psycopg2.OperationalError", "psycopg2.InterfaceError", "psycopg2.errors.AdminShutdown")


def ignored(evidence: Evidence) -> Iterator[Problem]:
    """Odoo leaves such a module out with a warning at most, and exit code 0."""
    if evidence.came_to_its_end and not evidence.was_installed and not evidence.crash:
        yield _problem(
            "module_ignored",
            f"Odoo left {evidence.module.name} out without an error: {silence.reason(evidence)}",
            file=evidence.in_checkout("__manifest__.py"),
        )


def failed(evidence: Evidence) -> Iterator[Problem]:
    crash = evidence.crash
    if not crash or not evidence.came_to_its_end:
        return
    cause = causes.first(evidence, crash)
    if cause.error.startswith(DATABASE_LOST):
        yield _database_lost(cause)
        return
    if cause.module != evidence.module.name:
        which = "lies on Odoo's addons path, is refused" if cause.file == MANIFEST else "it depends on, could not"
        what = f"{evidence.module.name} could not be installed, because {cause.module}, which {which}"
    elif (cause.file or "").startswith("tests/"):
        what = f"The tests of {cause.module} could not be imported"
    elif evidence.was_installed:
        what = f"Odoo gave up after {cause.module} was installed"
    else:
        what = f"{cause.module} could not be installed"
    yield _of_cause("install_failed", what, cause, evidence)


def errors(evidence: Evidence) -> Iterator[Problem]:
    found = [log for log in evidence.logs if _is_of_install(log, evidence)]
    if not found or evidence.crash:
        return
    explained = next((log for log in found if log.exception), found[0])
    cause = causes.first(evidence, explained)
    what = (
        f"{evidence.module.name} was installed, but with {counted(len(found), 'error')} in the log on the way, and what "
        "follows from a broken install proves nothing. The first one"
    )
    problem = _of_cause("install_errors", what, cause, evidence)
    yield Problem(**{**vars(problem), "details": (*problem.details, *listed([described(log) for log in found]))})


def _is_of_install(log: Logged, evidence: Evidence) -> bool:
    """Errors logged while a dependency was installed are its own; those outside of any module concern the whole.

    Demo data that cannot be loaded is an error like any other, though Odoo only warns and goes on without it.
    """
    if log.testing or log.loading not in (evidence.module.name, None):
        return False
    return log.is_error or "demo data failed to install" in log.message


def _database_lost(cause: causes.Cause) -> Problem:
    return _problem(
        "database_lost",
        "The database went away while Odoo was at work: PostgreSQL stopped or crashed, ran out of memory or disk, or a "
        "test cut its connections. Look at the db service's own log; what did not run proves nothing.",
        cause.error,
        *cause.details,
    )


def _of_cause(kind: str, what: str, cause: causes.Cause, evidence: Evidence) -> Problem:
    shown = evidence.in_checkout(cause.file, cause.module if cause.module != evidence.module.name else "")
    place = shown or (cause.file and f"{cause.module}/{cause.file}")
    at = f" at {place}" + (f", line {cause.line}" if cause.line else "") if place else ""
    return _problem(kind, f"{what}{at}: {cause.error}", *cause.details, file=shown, line=cause.line if shown else None)


def _problem(kind: str, message: str, *details: str, file: str | None = None, line: int | None = None) -> Problem:
    code = EnvironmentFailure.return_code
    return Problem(kind=kind, message=message, return_code=code, details=details, file=file, line=line)
