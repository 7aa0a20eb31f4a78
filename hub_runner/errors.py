"""The failures that hub-runner expects. The tree is the table of exit codes: one class, one ``return_code``.

::

    HubRunnerError
    ├── TestsFailed           1   tests ran and did not all pass
    ├── UsageError            2   a flag, module, manifest, setting or compose file is wrong
    ├── NoTestsRan            3   nothing was proven: no test of the module ran
    ├── EnvironmentFailure    4   engine, image, compose, health, install, time limit
    ├── NoFreePort            5   each port of the range is taken
    ├── CleanupIncomplete     6   something of the run is left in the engine
    └── Interrupted         128 + the signal's number: 129 hang-up, 130 Ctrl-C, 143 terminate

Anything else that is raised is a defect of our own: a traceback and exit code 70. Each message says what failed, what
was seen, and what to do next.

The packages that hub-runner is built on, and what to say where one is missing: that is no defect of ours.
"""

from __future__ import annotations

import contextlib
import signal
import sys
from collections.abc import Iterator

DEFECT = 70


class HubRunnerError(Exception):
    """An expected failure: one clear paragraph for the user, no traceback. ``kind`` is its slug in reports."""

    return_code = 0
    kind = ""


class TestsFailed(HubRunnerError):
    return_code = 1
    kind = "tests_failed"
    __test__ = False  # pytest takes each class named Test* for a test case


class UsageError(HubRunnerError):
    return_code = 2
    kind = "usage"


class NoTestsRan(HubRunnerError):
    return_code = 3
    kind = "no_tests"


class EnvironmentFailure(HubRunnerError):
    return_code = 4
    kind = "environment"


class NoFreePort(HubRunnerError):
    return_code = 5
    kind = "no_free_port"


class CleanupIncomplete(HubRunnerError):
    return_code = 6
    kind = "cleanup_incomplete"


class Interrupted(HubRunnerError):
    """A signal asked the run to end."""

    kind = "interrupted"

    def __init__(self, number: int) -> None:
        self.number = signal.Signals(number)
        self.return_code = 128 + number
        super().__init__(f"Interrupted by {self.number.name}.")


# As they are imported; requests comes with docker.
PACKAGES = ("docker", "junitparser", "manifestoo_core", "psutil", "requests", "rich", "tenacity")


@contextlib.contextmanager
def packages() -> Iterator[None]:
    """Raises EnvironmentFailure where the block imports one that is not installed."""
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
