"""Results of every kind, as a run would hand them to the reports."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path

from hub_runner.result import Image, Outcome, Problem, Result, RunInfo, Status, Verdict

START = dt.datetime(2026, 1, 2, 3, 4, 5, tzinfo=dt.UTC)
FILE = "addons/traction/tests/test_rock.py"
TRACEBACK = """\
Traceback (most recent call last):
  File "/usr/lib/python3/dist-packages/odoo/tests/case.py", line 58, in testPartExecutor
    yield
  File "/usr/lib/python3/dist-packages/odoo/tests/case.py", line 202, in run
    self._callTestMethod(testMethod)
  File "/mnt/extra-addons/traction/tests/test_rock.py", line 44, in test_escalate
    self.assertEqual(rock.owner_id, self.boss)
    ~~~~~~~~~~~~~~~~^^^^^^^^^^^^^^^^^^^^^^^^^^
AssertionError: res.users(2,) != res.users(7,)
"""


def info(root: Path = Path("/checkout")) -> RunInfo:
    run_id = "hub-agent-test-traction-1767323045-ab12"
    return RunInfo(
        run_id=run_id,
        module="traction",
        module_version="1.0.0",
        module_folder=root / "addons/traction",
        module_tree="sha256:" + "7" * 64,
        root=root,
        started=START,
        command=("python", "-m", "hub_runner", "run", "traction"),
        log=root / ".hub-runner/runs" / run_id / "proof_of_execution_tests.log",
        commit="c" * 40,
        dirty=True,
        port=8090,
        engine="Docker 26.1.5 (linux/amd64)",
        compose="2.26.1",
        images={
            "db": Image(reference="postgres:17", digest="sha256:" + "1" * 64),
            "odoo": Image(reference="odoo:18.0", digest="sha256:" + "2" * 64),
        },
    )


def outcome(method: str = "test_escalate", status: Status = Status.PASSED, **values: object) -> Outcome:
    known = {"module": "traction", "cls": "TestRock", "file": FILE, "line": 41, "duration": 0.25, **values}
    return Outcome(method=method, status=status, **known)  # type: ignore[arg-type]


def failed(method: str = "test_escalate", **values: object) -> Outcome:
    return outcome(method, Status.FAILED, **{"traceback": TRACEBACK, **values})


def problem(kind: str = "tests_failed", code: int = 1, **values: object) -> Problem:
    return Problem(kind=kind, return_code=code, **{"message": "2 of 41 tests failed.", **values})  # type: ignore[arg-type]


def result(*outcomes: Outcome, problems: tuple[Problem, ...] = (), root: Path = Path("/checkout")) -> Result:
    return Result(
        info=info(root),
        verdict=Verdict(outcomes=outcomes, problems=problems, odoo_version="19.0-20250918"),
        finished=START + dt.timedelta(seconds=12.3),
        phases={"sweep": 0.1, "images": 0.2, "start": 1.4, "health": 1.1, "tests": 8.9, "teardown": 0.6},
        cleanup="verified clean after 0.6 s: 2 containers, 1 network, 3 volumes removed",
    )


def green(root: Path = Path("/checkout")) -> Result:
    tests = [outcome(f"test_{number:02}") for number in range(39)]
    skips = [outcome(f"test_skip_{number}", Status.SKIPPED, reason="no Chrome here") for number in range(2)]
    return result(*tests, *skips, root=root)


def red(root: Path = Path("/checkout")) -> Result:
    good = [outcome(f"test_{number:02}") for number in range(39)]
    error = outcome("test_cascade", Status.ERROR, traceback=TRACEBACK, subtests=("(group='a')",))
    return result(*good, failed(), error, problems=(problem(details=("TestRock.test_escalate",)),), root=root)


def not_installed(root: Path = Path("/checkout")) -> Result:
    cause = problem(
        "install_failed",
        4,
        message="traction could not be installed: the external id traction.group_x is not there.",
        details=("<record id='view_rock' model='ir.ui.view'>",),
        file="addons/traction/views/rock.xml",
        line=12,
    )
    return result(problems=(cause,), root=root)


def interrupted(root: Path = Path("/checkout")) -> Result:
    return result(problems=(problem("interrupted", 130, message="Interrupted by SIGINT."),), root=root)


def no_tests(root: Path = Path("/checkout")) -> Result:
    return result(problems=(problem("no_tests", 3, message="No test of traction ran."),), root=root)


def left_behind(root: Path = Path("/checkout")) -> Result:
    words = "A network is left: docker network rm hub-agent-test-traction-1767323045-ab12_default"
    found = result(outcome(), problems=(problem("cleanup_incomplete", 6, message=words),), root=root)
    return replace(found, cleanup="incomplete after 30.0 s", leftovers=("network hub-agent-test-traction_default",))
