from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from hub_runner.errors import NoFreePort
from hub_runner.host import process
from hub_runner.host.signals import Stop
from tests.unit import broken_off as worst_line

ENDING = """
import atexit, sys
from hub_runner.errors import NoFreePort
from hub_runner.host.process import end_with
atexit.register(lambda: open(sys.argv[1], "w").close())
"""


def ended(body: str, tmp_path: Path, stdout: int | None = None) -> subprocess.CompletedProcess[str]:
    """A process that ends with ``body`` as its work."""
    environ = {**os.environ, "PYTHONUNBUFFERED": ""}
    command = (sys.executable, "-c", f"{ENDING}{body}", str(tmp_path / "atexit"))
    return subprocess.run(command, stdout=stdout, stderr=subprocess.PIPE, text=True, env=environ, timeout=60, check=False)


def test_an_expected_failure_is_a_paragraph_and_a_code_of_its_own(tmp_path: Path) -> None:
    done = ended("def work(): raise NoFreePort('none')\nend_with(work)", tmp_path)
    assert (done.returncode, done.stderr) == (NoFreePort.return_code, "hub-runner: none\n")


def test_an_error_that_quotes_a_workflow_command_gives_github_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
    work = "def work(): raise NoFreePort('##[add-mask]true\\n::stop-commands::x')\nend_with(work)"
    assert ended(work, tmp_path).stderr == "hub-runner: ##[add-mask]true\n::stop-commands::x\n"
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    assert ended(work, tmp_path).stderr == "hub-runner: # #[add-mask]true\n: :stop-commands::x\n"


def test_a_defect_is_a_traceback_and_seventy(tmp_path: Path) -> None:
    done = ended("end_with(lambda: 1 / 0)", tmp_path)
    assert done.returncode == 70
    assert "ZeroDivisionError" in done.stderr
    assert "please report it" in done.stderr


def test_a_name_that_no_path_can_have_is_a_mistake_of_the_command(tmp_path: Path) -> None:
    """`verify`, `merge` and a setting with thousands of letters were called a defect."""
    done = ended(
        "from pathlib import Path\nend_with(lambda: Path('x' * 5000).is_dir() or bool(Path('x' * 5000).stat()))", tmp_path
    )
    assert done.returncode == 2
    assert "cannot be a path: File name too long: xxx" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("name", ["EMFILE", "ENOSPC", "EFBIG", "ENOMEM"])
def test_a_machine_that_is_short_of_something_is_no_defect(tmp_path: Path, name: str) -> None:
    """With `ulimit -n 30` a run ended with 70."""
    done = ended(f"import errno\ndef work(): raise OSError(errno.{name}, 'too little')\nend_with(work)", tmp_path)
    assert done.returncode == 4
    assert "is short of something: too little. Look at its disk and at `ulimit -a`." in done.stderr
    assert "Traceback" not in done.stderr


def test_another_failure_of_a_path_is_a_defect(tmp_path: Path) -> None:
    done = ended("end_with(lambda: bool(open('/no/such/file')))", tmp_path)
    assert done.returncode == 70
    assert "FileNotFoundError" in done.stderr


def test_the_interpreter_ends_as_usual_so_that_what_was_registered_for_its_end_is_done(tmp_path: Path) -> None:
    assert ended("end_with(lambda: 3)", tmp_path).returncode == 3
    assert (tmp_path / "atexit").exists()


def test_an_output_that_nobody_can_take_does_not_change_the_exit_code(tmp_path: Path) -> None:
    with Path("/dev/full").open("w") as full:
        done = ended("sys.stdout.write('x' * 10)\nend_with(lambda: 3)", tmp_path, stdout=full.fileno())
    assert done.returncode == 3


def test_a_signal_at_the_very_end_does_not_change_the_exit_code(tmp_path: Path) -> None:
    strike = "atexit.register(lambda: os.kill(os.getpid(), signal.SIGTERM))"
    done = ended(f"import os, signal\n{strike}\nend_with(lambda: 3)", tmp_path)
    assert done.returncode == 3


@pytest.fixture
def child() -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(("sleep", "600")) as child:
        yield child


@pytest.fixture
def broken_off(child: subprocess.Popen[bytes]) -> subprocess.Popen[bytes]:
    """As a signal leaves it whose exception broke off a wait: the lock of Popen's own methods stays taken for ever."""
    child._waitpid_lock.acquire()  # type: ignore[attr-defined]
    return child


def test_a_child_is_killed_and_waited_for_even_if_a_wait_was_broken_off(broken_off: subprocess.Popen[bytes]) -> None:
    process.kill(broken_off)
    assert broken_off.returncode == -signal.SIGKILL


def test_a_child_is_waited_for_even_if_a_wait_was_broken_off(broken_off: subprocess.Popen[bytes]) -> None:
    os.kill(broken_off.pid, signal.SIGTERM)
    assert process.wait(broken_off) == broken_off.returncode == -signal.SIGTERM
    assert process.wait(broken_off) == -signal.SIGTERM


def test_a_child_that_a_broken_wait_has_taken_already_is_not_killed_by_a_number_that_may_be_anothers(
    child: subprocess.Popen[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    os.kill(child.pid, signal.SIGTERM)
    os.waitpid(child.pid, 0)
    killed: list[int] = []
    monkeypatch.setattr(os, "kill", lambda pid, number: killed.append(pid))
    process.kill(child)
    assert killed == []
    assert process.wait(child) == -signal.SIGKILL  # nobody knows it any more


def test_a_child_that_has_ended_keeps_its_exit_code() -> None:
    with subprocess.Popen(("sh", "-c", "exit 3")) as child:
        assert process.wait(child) == 3
        process.kill(child)
    assert child.returncode == 3


def python(words: str) -> tuple[str, ...]:
    return (sys.executable, "-c", words)


def test_a_command_comes_to_its_end_with_what_it_wrote() -> None:
    words = "import sys; print(sys.stdin.read(), flush=True); print('b', file=sys.stderr); sys.exit(7)"
    done = process.completed(python(words), timeout=60, given=b"a" * 1_000_000)
    assert (done.returncode, done.stdout, done.stderr) == (7, b"a" * 1_000_000 + b"\n", b"b\n")
    done = process.completed(python(words), timeout=60, merged=True)
    assert (done.returncode, done.stdout) == (7, b"\nb\n")
    assert done.stderr is None
    done = process.completed(("sh", "-c", "echo $A"), timeout=60, environ={"A": "a"})
    assert (done.returncode, done.stdout, done.stderr) == (0, b"a\n", b"")


def test_a_command_that_takes_too_long_is_killed() -> None:
    begin = time.monotonic()
    with pytest.raises(subprocess.TimeoutExpired, match=r"timed out after 0\.3 seconds"):
        process.completed(("sleep", "600"), timeout=0.3)
    assert time.monotonic() - begin < 500  # it was not waited for


def test_a_command_that_cannot_be_started_says_so() -> None:
    with pytest.raises(FileNotFoundError):
        process.completed(("/nowhere",), timeout=60)


def test_a_command_ends_with_a_signal_that_breaks_its_wait_off(monkeypatch: pytest.MonkeyPatch) -> None:
    made = worst_line.instead(monkeypatch)
    with pytest.raises(Stop):
        process.completed(("true",), timeout=60)
    assert [child.returncode is None for child in made] == [False]


def test_a_process_that_runs_in_another_folder_finds_what_relative_paths_mean_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = tmp_path / "told.py"
    told.write_text(
        "import os, sys\nopen(sys.argv[1], 'w').write('|'.join(os.environ[name] for name in sys.argv[2:]))\n",
        encoding="utf-8",
    )
    names = ("HUB_RUNNER_STATE", "DOCKER_CERT_PATH", "PYTHONPATH")
    monkeypatch.chdir(tmp_path)
    for name in names:
        monkeypatch.setenv(name, ".")
    with (tmp_path / "held").open("w") as held:
        process.started("told", str(tmp_path / "answer"), *names, holding=held.fileno()).communicate(timeout=60)
    state, certificates, searched = (tmp_path / "answer").read_text(encoding="utf-8").split("|")
    assert state == certificates == str(tmp_path)
    assert searched.endswith(f"{os.pathsep}{tmp_path}")
