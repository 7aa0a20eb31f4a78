"""Whether the module was installed, and without an error; if Odoo left it out and said nothing, why."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from hub_runner.checkout.modules import MANIFEST
from hub_runner.exit_codes import Kind
from hub_runner.odoo.command import Stage
from hub_runner.result import Problem
from hub_runner.settings import option
from hub_runner.text import counted, listed
from hub_runner.verdict.advice import explained
from hub_runner.verdict.evidence import DEMO_FAILED, Evidence, described
from hub_runner.verdict.install_cause import Cause
from hub_runner.verdict.recorded import Logged
from hub_runner.verdict.strictness import Lenient
from hub_runner.verdict.waived import Waived, is_excepted

FAILED = {
    Stage.TESTS: Kind.INSTALL_FAILED,
    Stage.INSTALL: Kind.INSTALL_FAILED,
    Stage.UPGRADE: Kind.UPGRADE_FAILED,
    Stage.UNINSTALL: Kind.UNINSTALL_FAILED,
}
ERRORS = {**FAILED, Stage.TESTS: Kind.INSTALL_ERRORS, Stage.INSTALL: Kind.INSTALL_ERRORS, Stage.UPGRADE: Kind.UPGRADE_ERRORS}
# Odoo only warns that a field is required now and some records have no value in it: then it stays optional in the database.
NULLS = re.compile(r"contains null values|unable to set NOT NULL on column")
ADDONS_PATH = "ODOO_ADDONS_PATH"  # from 19.0 on, Odoo takes each option from such a variable
_VERSION = re.compile(r"(?:(?P<series>\d+\.\d+)\.)?\d+\.\d+(?:\.\d+)?")
CLOSED_CURSOR = "Cursor already closed"  # Odoo's words: the module closed it, and the database is there
DATABASE_LOST = ("psycopg2.OperationalError", "psycopg2.InterfaceError", "psycopg2.errors.AdminShutdown")


def ignored(evidence: Evidence) -> Iterator[Problem]:
    """Odoo leaves such a module out with a warning at most, and exit code 0."""
    if evidence.came_to_its_end and not evidence.was_installed and not evidence.crash:
        yield Problem.of(
            Kind.MODULE_IGNORED,
            f"Odoo left {evidence.module.name} out without an error: {reason(evidence)}",
            file=evidence.in_checkout(MANIFEST),
        )
    elif evidence.came_to_its_end and not evidence.crash:
        for name in evidence.along:
            if name not in evidence.record.loading:
                yield Problem.of(
                    Kind.MODULE_IGNORED,
                    f"Odoo left {name} out without an error, though --with asks for it. The log says why, at its name.",
                    file=evidence.in_checkout(MANIFEST, name),
                )


def failed(evidence: Evidence) -> Iterator[Problem]:
    """An exception ended the installation, upgrade or uninstallation, or the import of the tests."""
    crash = evidence.crash
    if not crash or not evidence.came_to_its_end:
        return
    cause = explained(evidence, crash)
    if cause.error.startswith(DATABASE_LOST) and CLOSED_CURSOR not in cause.error:
        yield _database_lost(cause)
        return
    done = evidence.stage.done
    if cause.module != evidence.module.name:
        which = "lies on Odoo's addons path, is refused" if cause.file == MANIFEST else "it depends on, could not"
        what = f"{evidence.module.name} could not be {done}, because {cause.module}, which {which}"
    elif (cause.file or "").startswith("tests/"):
        what = f"The tests of {cause.module} could not be imported"
    elif evidence.was_installed:
        what = f"Odoo gave up after {cause.module} was {done}"
    else:
        what = f"{cause.module} could not be {done}"
    yield _of_cause(FAILED[evidence.stage], what, cause, evidence)


def errors(evidence: Evidence) -> Iterator[Problem | Lenient]:
    """Always a failure: only exceptions in ``waive`` let them pass, and not the level of logged-errors."""
    if evidence.crash:
        return
    found: list[Logged] = []
    for log in evidence.logs:
        if _is_of_install(log, evidence):
            if is_excepted("logged_errors", described(log), evidence.settings):
                told = str(Waived(setting=option("logged_errors"), text=described(log)))
                yield Lenient(text=told, noted=False, waived=True)
            else:
                found.append(log)
    if not found:
        return
    noun = evidence.stage.value if evidence.stage is not Stage.TESTS else "install"
    cause = explained(evidence, next((log for log in found if log.exception), found[0]))
    what = (
        f"{evidence.module.name} was {evidence.stage.done}, but with {counted(len(found), 'error')} in the log on the way, "
        f"and what follows from a broken {noun} proves nothing. The first one"
    )
    problem = _of_cause(ERRORS[evidence.stage], what, cause, evidence)
    yield replace(problem, details=(*problem.details, *listed([described(log) for log in found])))


def _is_of_install(log: Logged, evidence: Evidence) -> bool:
    """Whether it is an error of the installation that was asked for.

    What is logged while a dependency is installed concerns that dependency; what is logged outside of any module concerns
    the whole. Demo data that cannot be loaded is an error, though Odoo only warns and goes on without it.
    """
    if log.testing or log.late or log.loading not in (evidence.module.name, *evidence.along, None):
        return False
    if evidence.stage is Stage.UPGRADE and NULLS.search(log.message):
        return True
    return log.is_error or DEMO_FAILED in log.message


def _database_lost(cause: Cause) -> Problem:
    return Problem.of(
        Kind.DATABASE_LOST,
        "The database went away while Odoo was at work: PostgreSQL stopped or crashed, ran out of memory or disk, or a "
        "test cut its connections. Look at the db service's own log; what did not run proves nothing.",
        cause.error,
        *cause.details,
    )


def _of_cause(kind: Kind, what: str, cause: Cause, evidence: Evidence) -> Problem:
    shown = evidence.in_checkout(cause.file, cause.module if cause.module != evidence.module.name else "")
    place = shown or (cause.file and f"{cause.module}/{cause.file}")
    at = f" at {place}" + (f", line {cause.line}" if cause.line else "") if place else ""
    advice = cause.advice or ("Correct that line." if cause.line else "The whole traceback is in the log.")
    said = f"{what}{at}: {cause.error.rstrip('.')}. {advice}"
    return Problem.of(kind, said, *cause.details, file=shown, line=cause.line if shown else None)


def reason(evidence: Evidence) -> str:
    """What was seen, and what to do about it."""
    module, manifest = evidence.module.name, evidence.in_checkout(MANIFEST)
    if evidence.was_loaded and evidence.stage is Stage.TESTS:
        return "it was installed already, so nothing was installed or tested. Start from a database without it (--cold)."
    if evidence.module.manifest.get("installable", True) is False:
        return f"{manifest} says `installable: False`. Set it to True, or do not ask for this module."
    odoo = evidence.record.odoo_version or "unknown"
    version = _VERSION.fullmatch(evidence.module.version)
    if not version or (version["series"] and not odoo.startswith(version["series"])):
        is_what = f"of series {version['series']}" if version else "neither x.y nor x.y.z, alone or after a series"
        return (
            f"its version {evidence.module.version} is {is_what}, and this Odoo is {odoo}. Correct "
            f"the version in {manifest}, or test it on its own series (odoo-image)."
        )
    # Odoo 17.0 and 18.0 say so of a module of another series, too: that was looked for above.
    if any("invalid module names, ignored" in log.message for log in evidence.record.logs):
        where = "odoo.conf lists it in addons_path"
        if ADDONS_PATH in evidence.execution.variables:
            where = f"{ADDONS_PATH} lists it: that variable of the odoo service takes the place of what odoo.conf says"
        return (
            "it is not on Odoo's addons path. Check that the compose file mounts the folder that holds it "
            f"(by default ./addons at /mnt/extra-addons) and that {where}."
        )
    return f"nothing was recorded that tells why. Look for warnings about {module} in the log, and check {manifest}."
