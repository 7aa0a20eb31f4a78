"""The exit codes: what each one means, which kind of problem gives which, and with which of its runs' codes a batch ends.

``Kind`` is the only list of the slugs that reports and agents rely on. A new kind is added there, with its code, and
nowhere else.
"""

from __future__ import annotations

import signal
from collections.abc import Iterable
from enum import IntEnum, StrEnum


class ExitCode(IntEnum):
    """How ``python -m hub_runner`` ends. A signal that asked it to end adds 128 plus the signal's number."""

    PASSED = 0
    TESTS_FAILED = 1
    USAGE = 2  # refused before the engine is touched
    NOTHING_PROVEN = 3
    ENVIRONMENT = 4  # what a second try or another machine may change
    NO_FREE_PORT = 5
    CLEANUP_INCOMPLETE = 6
    NOT_INSTALLED = 7  # the module itself, or the import of its tests
    TIME_LIMIT = 8
    DEFECT = 70
    SIGNALLED = 128


def signal_exit_code(number: int) -> int:
    """The exit code of a process that a signal ended, as shells have it."""
    return ExitCode.SIGNALLED + number


class Kind(StrEnum):
    """A kind of problem: its slug, which is also its value in JSON, and the exit code of a run that it decides."""

    # The run could not begin or come to its end.
    USAGE = "usage", ExitCode.USAGE
    ENVIRONMENT = "environment", ExitCode.ENVIRONMENT
    NO_FREE_PORT = "no_free_port", ExitCode.NO_FREE_PORT
    CLEANUP_INCOMPLETE = "cleanup_incomplete", ExitCode.CLEANUP_INCOMPLETE
    DEFECT = "defect", ExitCode.DEFECT
    INTERRUPTED = "interrupted", ExitCode.SIGNALLED  # plus the signal's number
    UNFINISHED = "unfinished", signal_exit_code(signal.SIGKILL)  # what result.json says until a run has ended

    # Odoo's process.
    NOT_STARTED = "not_started", ExitCode.ENVIRONMENT  # Odoo could not even be started
    ODOO_USAGE = "odoo_usage", ExitCode.USAGE  # Odoo refused an option (odoo-args) or a test tag
    ANOTHER_COPY = "another_copy", ExitCode.ENVIRONMENT  # Odoo took a module from the image instead of the checkout
    CONTAINER_DIED = "container_died", ExitCode.ENVIRONMENT  # a container went away in the middle of the run
    DATABASE_LOST = "database_lost", ExitCode.ENVIRONMENT  # PostgreSQL, or the connections to it, went away
    OUT_OF_MEMORY = "out_of_memory", ExitCode.ENVIRONMENT  # the kernel killed Odoo's process for want of memory
    KILLED = "killed", ExitCode.ENVIRONMENT  # Odoo's process was ended by a signal such as KILL or TERM
    TIME_LIMIT = "time_limit", ExitCode.TIME_LIMIT
    LEFT_EARLY = "left_early", ExitCode.NOTHING_PROVEN  # the process ended by itself without coming to Odoo's end
    ODOO_FAILED = "odoo_failed", ExitCode.ENVIRONMENT  # Odoo's exit code says failure, and nothing recorded explains it

    # The record of what happened inside Odoo.
    RECORDER_FAILED = "recorder_failed", ExitCode.ENVIRONMENT  # outcomes could not be recorded in this Odoo
    RECORD_FORGED = "record_forged", ExitCode.NOTHING_PROVEN  # somebody else wrote into the record, or lines are missing
    LOG_BLINDED = "log_blinded", ExitCode.NOTHING_PROVEN  # Python's logging was changed: errors could not be seen

    # The installation of the module, and the import of its tests.
    MODULE_IGNORED = "module_ignored", ExitCode.NOT_INSTALLED  # left out without an error: another series, not installable
    CANNOT_INSTALL = "cannot_install", ExitCode.NOT_INSTALLED  # its files alone show it, so nothing was started
    INSTALL_FAILED = "install_failed", ExitCode.NOT_INSTALLED
    INSTALL_ERRORS = "install_errors", ExitCode.NOT_INSTALLED  # installed, and errors were logged on the way

    # Its upgrade and its uninstallation, if they are asked for.
    UPGRADE_FAILED = "upgrade_failed", ExitCode.NOT_INSTALLED
    UPGRADE_ERRORS = "upgrade_errors", ExitCode.NOT_INSTALLED  # upgraded, and errors were logged on the way
    UNINSTALL_FAILED = "uninstall_failed", ExitCode.NOT_INSTALLED  # also if it only logged errors on the way
    UNINSTALL_LEFTOVERS = "uninstall_leftovers", ExitCode.NOT_INSTALLED  # tables or external ids are still in the database
    MIGRATIONS_NOT_RUN = "migrations_not_run", ExitCode.NOTHING_PROVEN  # new migration scripts that Odoo passed over

    # The tests.
    TESTS_FAILED = "tests_failed", ExitCode.TESTS_FAILED  # setUpClass and tearDownClass included
    TEST_LOGGED_ERROR = "test_logged_error", ExitCode.TESTS_FAILED  # a test passed, and logged an error
    NO_TESTS = "no_tests", ExitCode.NOTHING_PROVEN  # the module has none, or none that the tags select
    ALL_SKIPPED = "all_skipped", ExitCode.NOTHING_PROVEN
    FORGOTTEN_FILES = "forgotten_files", ExitCode.NOTHING_PROVEN  # test files on disk that are never imported
    NOT_RUN = "not_run", ExitCode.NOTHING_PROVEN  # test methods that are none for Odoo, or that did not run

    LOW_COVERAGE = "low_coverage", ExitCode.TESTS_FAILED  # less than coverage-fail-under, or unknown

    # What a strictness setting holds against the run.
    UNDECLARED = "undeclared", ExitCode.TESTS_FAILED  # tests failed for want of a module that the manifest does not name
    UNLISTED_FILES = "unlisted_files", ExitCode.NOTHING_PROVEN  # Odoo never loads them, and the setting says fail
    WARNINGS = "warnings", ExitCode.NOTHING_PROVEN  # the module logged warnings, and the setting says fail

    code: int

    def __new__(cls, slug: str, code: int) -> Kind:
        member = str.__new__(cls, slug)
        member._value_ = slug
        member.code = int(code)
        return member


# A batch ends with the first of these that one of its runs ended with; a signal comes before all of them.
GRAVEST_FIRST = (
    ExitCode.DEFECT,
    ExitCode.CLEANUP_INCOMPLETE,
    ExitCode.ENVIRONMENT,
    ExitCode.NO_FREE_PORT,
    ExitCode.USAGE,
    ExitCode.NOT_INSTALLED,
    ExitCode.TIME_LIMIT,
    ExitCode.NOTHING_PROVEN,
    ExitCode.TESTS_FAILED,
    ExitCode.PASSED,
)


def gravest(codes: Iterable[int]) -> int:
    """The exit code of several runs, which is that of the gravest one; 0 if there is none.

    A code that is not ours (a process that died in a way of its own) is as grave as a defect.
    """
    return min(codes, key=_gravity, default=ExitCode.PASSED.value)


def of_batch(codes: Iterable[int], *, never_run: int) -> int:
    """That of several runs; a batch in which nothing failed, and ``never_run`` modules have no run, has proven nothing."""
    return gravest(codes) or (ExitCode.NOTHING_PROVEN.value if never_run else ExitCode.PASSED.value)


def _gravity(code: int) -> int:
    if code > ExitCode.SIGNALLED:
        return -1
    return GRAVEST_FIRST.index(ExitCode(code)) if code in GRAVEST_FIRST else 0
