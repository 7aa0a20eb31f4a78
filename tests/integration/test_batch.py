"""What the end of one run means for the next, and a run whose guard cannot be started."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.integration.conftest import Make, fake_docker, run
from tests.standins.checkout import FAIL, PASS, Checkout

pytestmark = pytest.mark.integration
# Ctrl-C after the verdict has been made, while the reports are written: the last moment of a run.
LATE = """
import os, signal
from hub_runner import report
from hub_runner.observers import Observer, Observers
reporting = report.reporting

class Late(Observer):
    def finished(self, result):
        os.kill(os.getpid(), signal.SIGINT)

report.reporting = lambda *words, **flags: lambda info: Observers([Late(), reporting(*words, **flags)(info)])
"""


def run_after(program: str, checkout: Checkout, *modules: str) -> tuple[int, str]:
    """``run MODULES`` in a process that has run ``program`` first; exit code and what it said."""
    words = f"import sys; sys.argv[1:] = ['run', *{modules!r}]\n{program}\nfrom hub_runner.__main__ import main; main()"
    done = subprocess.run(
        (sys.executable, "-c", words),
        cwd=checkout.root,
        env=checkout.environ,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=120,
        check=False,
    )
    return done.returncode, done.stdout


@pytest.mark.parametrize(("modules", "code"), [(("probe", "next"), 130), (("probe",), 0)])
def test_an_interrupt_in_the_last_moment_of_a_run_starts_no_other_one(
    make: Make, modules: tuple[str, ...], code: int
) -> None:
    """The run that was over keeps its verdict, and its exit code where it was the last."""
    checkout = make(modules={"probe": PASS, "next": PASS})
    assert (seen := run_after(LATE, checkout, *modules))[0] == code, seen[1]
    assert len(list(checkout.root.glob(".hub-runner/runs/*"))) == 1
    assert "PASSED probe" in checkout.log.read_text(encoding="utf-8")


@pytest.mark.parametrize("flags", [(), ("--jobs=2",)])
def test_compose_is_asked_once_for_all_modules_and_each_run_has_its_own_password(
    make: Make, tmp_path: Path, flags: tuple[str, ...]
) -> None:
    checkout, asked = make(modules={"one": PASS, "two": PASS}), tmp_path / "asked"
    keep = f'*" --file - "*) tee "{tmp_path}/$3.json" | $DOCKER "$@"'
    path = fake_docker(tmp_path / "bin", f'echo "$*" >>"{asked}"\ncase " $* " in {keep};; *) exec $DOCKER "$@";; esac')
    done = run(checkout, "one", "two", *flags, PATH=path)
    assert done.code == 0, done.said
    words = asked.read_text(encoding="utf-8")
    assert (words.count("compose version"), words.count(" config ")) == (1, 1)
    results = [json.loads(path.read_text(encoding="utf-8")) for path in checkout.root.glob(".hub-runner/runs/*/result.json")]
    assert {it["run"]["module"] for it in results} == {"one", "two"}
    assert all(it["run"]["command"][-len(flags) - 2 :] == ["one", "two", *flags] for it in results), "what was typed"
    models = [json.loads(path.read_text(encoding="utf-8")) for path in tmp_path.glob("*.json")]
    assert len({it["services"]["odoo"]["environment"]["PASSWORD"] for it in models}) == 2


def test_a_run_that_finds_no_place_for_its_lock_says_so_in_the_log(make: Make) -> None:
    checkout = make()
    done = run(checkout, "probe", HUB_RUNNER_STATE=str(checkout.root / "pyproject.toml"))
    assert done.code == 4
    assert f"NO RUN BEGAN, nothing was tested: The lock {checkout.root}" in done.log


def test_a_run_whose_guard_cannot_be_started_is_refused_with_a_whole_log(make: Make) -> None:
    checkout = make()
    code, said = run_after("sys.executable = '/gone/python3'", checkout, "probe")
    assert code == 4, said
    assert "The process that guards the cleanup could not be started: [Errno 2] No such file" in said
    log = checkout.log.read_text(encoding="utf-8")
    assert "exit code    4" in log
    assert "evidence     sha256" in log
    assert "one of the nets was torn" not in log, "it never hung"
    assert list(checkout.root.glob("state/runs/*.lock")) == []


@pytest.mark.parametrize("closed", [">&-", ">&- 2>&-", "<&- >&- 2>&-", ">/dev/full 2>/dev/full"])
@pytest.mark.parametrize("words", ["probe", "probe other --jobs=2"])
def test_a_run_that_nobody_can_read_ends_as_every_other(make: Make, closed: str, words: str) -> None:
    checkout = make(modules={"probe": PASS, "other": PASS})
    line = f"'{sys.executable}' -m hub_runner run {words} {closed}"
    done = subprocess.run(("bash", "-c", line), cwd=checkout.root, env=checkout.environ, capture_output=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    assert "PASSED " in checkout.log.read_text(encoding="utf-8")


@pytest.mark.parametrize("flags", [(), ("--jobs=2",)])
def test_several_modules_end_with_a_table_and_two_files_and_what_failed_is_first_the_next_time(
    make: Make, flags: tuple[str, ...]
) -> None:
    """E12."""
    more = ("delta", "epsilon", "zeta")
    checkout = make(modules={"alpha": PASS, "beta": FAIL, "gamma": PASS, **dict.fromkeys(more, PASS)})
    done = run(checkout, "alpha", "beta", "gamma", *flags)
    assert done.code == 1, done.said
    table = done.said[done.said.index("\nmodule ") :]
    assert re.search(r"^alpha +PASSED +2 +0 +\d", table, re.M)
    assert re.search(r"^beta +FAILED +2 +1 +\d", table, re.M)
    assert re.search(r"^FAILED: 1 of 3 modules red, 6 tests in .*; batch.json, batch.xml \(exit code 1\)$", table, re.M)
    document = json.loads((checkout.root / "batch.json").read_text(encoding="utf-8"))
    assert {module["module"]: module["return_code"] for module in document["modules"]} == {"alpha": 0, "beta": 1, "gamma": 0}
    for module in document["modules"]:
        result = json.loads((checkout.root / module["folder"] / "result.json").read_text(encoding="utf-8"))
        assert result["run"]["module"] == module["module"]
    assert (checkout.root / "batch.xml").read_text(encoding="utf-8").count("<testsuite ") == 3
    # while beta fails, another job may end one module and begin a second, but not all of them
    again = run(checkout, "alpha", "beta", "gamma", *more, "--max-failed-modules=1", *flags)
    assert again.code == 1
    assert "not run" in again.said
    assert again.said.index(" tests beta ") < again.said.index("NOT RUN")
