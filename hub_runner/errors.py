"""The exceptions that say what went wrong; each carries a kind of problem, and by it an exit code.

An exception that is no ``HubRunnerError`` is a defect of hub-runner itself: a traceback and exit code 70. Each message says
what failed, what was seen, and what to do next.
"""

from __future__ import annotations

import contextlib
import errno
import signal
import sys
from collections.abc import Iterator

from hub_runner.exit_codes import Kind, signal_exit_code

# The machine is short of something: disk, open files, memory, processes. A defect is none of that.
SHORTAGES = {
    *(errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EIO),
    *(errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EAGAIN),
}


class HubRunnerError(Exception):
    """An expected failure: one clear paragraph for the user, no traceback."""

    kind: Kind
    return_code: int

    def __init_subclass__(cls) -> None:
        cls.return_code = cls.kind.code


class UsageError(HubRunnerError):
    """A flag, module, manifest, setting or compose file is wrong."""

    kind = Kind.USAGE


class EnvironmentFailure(HubRunnerError):
    """Engine, image, compose or health failed: a second try or another machine may do better."""

    kind = Kind.ENVIRONMENT


def told_apart(error: OSError) -> HubRunnerError | None:
    """What is said of an OSError that is no defect of ours: a shortage of the machine, or a name that no path can have."""
    what = f"{error.strerror}: {str(error.filename)[:80]}" if error.filename else error.strerror
    if error.errno in SHORTAGES:
        return EnvironmentFailure(
            f"The machine that hub-runner runs on is short of something: {what}. Look at its disk and at `ulimit -a`."
        )
    if error.errno == errno.ENAMETOOLONG:
        return UsageError(f"A name in the command or the settings cannot be a path: {what}.")
    return None


class Disturbed(EnvironmentFailure):
    """Somebody else removed a part of the environment, or restarted the engine: a second try may meet nobody."""


class NoFreePort(HubRunnerError):
    """Each port of the range is taken."""

    kind = Kind.NO_FREE_PORT


class NotInstalled(HubRunnerError):
    """A module could not be installed or brought up to date, so there is nothing to look into."""

    kind = Kind.INSTALL_FAILED


class TookTooLong(HubRunnerError):
    """Odoo had not installed or updated modules within the setting test-timeout."""

    kind = Kind.TIME_LIMIT


class CleanupIncomplete(HubRunnerError):
    """Something of the run is left in the engine."""

    kind = Kind.CLEANUP_INCOMPLETE


class Interrupted(HubRunnerError):
    """A signal asked the run to end: 129 hang-up, 130 Ctrl-C, 143 terminate."""

    kind = Kind.INTERRUPTED

    def __init__(self, number: int) -> None:
        self.number = signal.Signals(number)
        self.return_code = signal_exit_code(number)
        super().__init__(f"Interrupted by {self.number.name}.")


# The packages that hub-runner is built on, as they are imported; requests comes with docker.
PACKAGES = (
    "docker",
    "jinja2",
    "junitparser",
    "manifestoo_core",
    "packaging",
    "pip",
    "psutil",
    "requests",
    "rich",
    "tenacity",
    "watchfiles",
)


@contextlib.contextmanager
def packages() -> Iterator[None]:
    """Raises EnvironmentFailure if the block imports one of PACKAGES and it is not installed."""
    try:
        yield
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in PACKAGES:
            raise
        raise EnvironmentFailure(
            f"This Python ({sys.executable}) lacks the package {error.name!r}, which hub-runner needs. `nox -s test -- "
            "MODULE` makes an environment that has all of them. Without nox, in a virtual environment: `pip install PATH`, "
            "with the path of a clone of hub-runner."
        ) from error
