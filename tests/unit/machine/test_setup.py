import gc
import io
import subprocess
import sys
import time
from pathlib import Path

import pytest
import requests.exceptions

from hub_runner.errors import EnvironmentFailure
from hub_runner.machine import setup
from hub_runner.settings import Settings

# The SDK leaves a socket unclosed where nobody answers.
unclosed = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore:unclosed <socket")


def test_an_engine_elsewhere_is_none_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "ssh://user@example")
    assert not setup.is_ours()
    monkeypatch.delenv("DOCKER_HOST")
    monkeypatch.setenv("DOCKER_CONTEXT", "another")
    assert not setup.is_ours()


def test_nothing_but_the_client_and_compose_is_missed_where_the_engine_is_elsewhere(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert setup.missing(need_engine=False) == {"client", "compose"}


@unclosed
def test_a_daemon_that_ends_at_once_is_not_waited_for(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/no.sock")
    process = subprocess.Popen(["false"])
    process.wait()
    begin = time.monotonic()
    with pytest.raises(EnvironmentFailure):
        setup.wait(process, timeout=300)
    gc.collect()
    assert time.monotonic() - begin < 100


@unclosed
def test_a_daemon_that_never_answers_is_given_up_at_the_time_limit(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/no.sock")
    begin = time.monotonic()
    with pytest.raises(EnvironmentFailure):
        setup.wait(None, timeout=0.3)
    gc.collect()
    assert time.monotonic() - begin < 100


def test_a_detached_daemon_writes_its_log_in_a_session_of_its_own_and_has_no_terminal(tmp_path: Path) -> None:
    log = tmp_path / "log"
    program = "import os, sys; print(os.getsid(0), os.getpid(), len(sys.stdin.read()))"
    process = setup.detached((sys.executable, "-c", program), log)
    assert process.wait() == 0
    assert log.read_text().split() == [str(process.pid), str(process.pid), "0"]


def test_an_engine_that_fails_in_mid_sentence_is_no_defect_of_ours(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A4: it ended with 70 and a traceback."""

    def fail(*_: object) -> None:
        raise requests.exceptions.ConnectionError("Connection aborted")

    monkeypatch.setattr(setup, "ready", fail)
    with pytest.raises(EnvironmentFailure, match=r"stopped answering.* Run `nox -s setup` again"):
        setup.setup(Settings(root=tmp_path), out=io.StringIO())
