from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from hub_runner.engine import compose
from hub_runner.errors import EnvironmentFailure
from hub_runner.host.signals import Stop
from tests.unit import broken_off
from tests.unit.engine.fake import says

PATIENCE = 100  # seconds: far above what a loaded machine needs, far below what would be waited in vain


def follow(command: tuple[str, ...], output: Callable[[bytes], None], timeout: float = 60) -> int | None:
    with compose.started(command, os.environ) as client:
        return compose.follow(client, timeout, output)


def python(words: str) -> tuple[str, ...]:
    return (sys.executable, "-c", words)


def test_command_lines_are_tuples_with_every_value_in_a_place_of_its_own() -> None:
    for command in (compose.up_command("p"), compose.build_command("p", "odoo")):
        assert command[command.index("--env-file") + 1] == os.devnull, "one that is broken would end it"
    assert compose.up_command("p; rm")[2:4] == ("--project-name", "p; rm")
    assert "/a b" in compose.config_command(Path("/a b/c.yml"), Path("/a b"))
    assert compose.exec_command("c", ("odoo", "-i", "$(x)"))[-4:] == ("c", "odoo", "-i", "$(x)")


def test_output_arrives_as_it_comes(tmp_path: Path) -> None:
    """The child ends only after its first words were heard."""
    seen: list[bytes] = []
    heard = tmp_path / "heard"

    def output(chunk: bytes) -> None:
        seen.append(chunk)
        heard.touch()

    assert follow(("sh", "-c", f"echo a; until [ -e '{heard}' ]; do sleep 0.01; done; echo b"), output) == 0
    assert b"".join(seen) == b"a\nb\n"


def test_both_streams_and_the_exit_code_arrive() -> None:
    seen: list[bytes] = []
    words = "import sys; print('a', flush=True); print('b', file=sys.stderr); sys.exit(7)"
    assert follow(python(words), seen.append) == 7
    assert b"".join(seen) == b"a\nb\n"


def test_a_client_may_wait_until_it_is_followed(tmp_path: Path) -> None:
    ready, go = tmp_path / "ready", tmp_path / "go"
    words = "import os, sys; open(sys.argv[1], 'w').close(); sys.stdin.read(); print(os.path.exists(sys.argv[2]))"
    seen: list[bytes] = []
    with compose.started((*python(words), str(ready), str(go)), os.environ) as client:
        while not ready.exists():
            time.sleep(0.01)
        time.sleep(0.1)  # in which it would go on if it could
        go.touch()
        assert compose.follow(client, 60, seen.append) == 0
    assert b"".join(seen) == b"True\n"


def test_a_client_that_takes_too_long_is_killed() -> None:
    begin = time.monotonic()
    assert follow(("sleep", "300"), print, timeout=0.2) is None
    assert time.monotonic() - begin < PATIENCE


def test_a_client_that_says_nothing_is_given_up_earlier_than_one_that_has_begun(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin = time.monotonic()
    with compose.started(("sleep", "300"), os.environ) as client:
        assert compose.follow(client, 300, print, first_output=0.2) is None
    assert time.monotonic() - begin < PATIENCE
    clock, seen, heard = [0.0], list[bytes](), tmp_path / "heard"
    monkeypatch.setattr(compose, "time", SimpleNamespace(monotonic=lambda: clock[0]))

    def output(chunk: bytes) -> None:
        seen.append(chunk)
        clock[0] = 100.0  # by now silence from the first would be too much
        heard.touch()

    words = f"echo a; until [ -e '{heard}' ]; do sleep 0.01; done; sleep 0.2; echo b"
    with compose.started(("sh", "-c", words), os.environ) as client:
        assert compose.follow(client, 200, output, first_output=60) == 0
    assert b"".join(seen) == b"a\nb\n"


def test_what_a_client_is_given_is_all_of_its_input() -> None:
    """More than a pipe holds, and nobody reads it at first."""
    seen: list[bytes] = []
    with compose.started(("sh", "-c", "sleep 0.2; wc -c"), os.environ, given=b"x" * 1_000_000) as client:
        assert compose.follow(client, 60, seen.append) == 0
    assert b"".join(seen).strip() == b"1000000"


def test_a_question_that_docker_does_not_answer_ends_with_its_time_limit() -> None:
    """B8: also if the plugin, a process below docker's own, holds the output open."""
    begin = time.monotonic()
    with pytest.raises(EnvironmentFailure, match=r"did not answer within 0\.3 s"):
        compose.ask(("sh", "-c", "sleep 300 & wait"), os.environ, timeout=0.3)
    assert time.monotonic() - begin < PATIENCE


def test_a_question_ends_with_a_signal_that_breaks_its_wait_off(monkeypatch: pytest.MonkeyPatch) -> None:
    made = broken_off.instead(monkeypatch)
    with pytest.raises(Stop):
        compose.ask(("true",), os.environ)
    assert [client.returncode is None for client in made] == [False]


def test_a_client_dies_with_the_exception_that_leaves_it() -> None:
    class Enough(Exception):
        pass

    def output(chunk: bytes) -> None:
        raise Enough

    begin = time.monotonic()
    with pytest.raises(Enough):
        follow(("sh", "-c", "echo a; exec sleep 300"), output)
    assert time.monotonic() - begin < PATIENCE


def test_a_client_is_out_of_reach_of_the_terminals_interrupt() -> None:
    seen: list[bytes] = []
    follow(python("import os; print(os.getpgid(0) == os.getpid())"), seen.append)
    assert b"".join(seen) == b"True\n"


def test_no_docker_on_path_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(EnvironmentFailure, match=r"not on PATH.*nox -s setup"):
        compose.version({"PATH": str(tmp_path)})


def test_a_docker_that_cannot_be_started_is_said(docker: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (docker / "docker").write_bytes(b"\x7fELF nonsense")
    (docker / "docker").chmod(0o755)
    monkeypatch.setenv("PATH", str(docker))
    with pytest.raises(EnvironmentFailure, match="cannot be started"):
        compose.version({"PATH": str(docker)})


@pytest.mark.parametrize("seen", ["2.20.0", "v2.26.1-4", "2.40.3-desktop.1", "2.37.1+ds1-0ubuntu2~24.04.1", "5.0.0", "dev"])
def test_a_compose_that_is_new_enough_or_unknown_is_taken(docker: Path, seen: str) -> None:
    assert compose.version(says(docker, seen, code=0)) == seen


@pytest.mark.parametrize("seen", ["2.19.1", "v2.3.3", "2.9.0", "1.29.2"])
def test_a_compose_that_is_too_old_is_refused(docker: Path, seen: str) -> None:
    with pytest.raises(EnvironmentFailure, match=rf"too old \(2\.20 or later is needed\)\. This is {seen}\. .*nox -s setup"):
        compose.version(says(docker, seen, code=0))


@pytest.mark.parametrize(("words", "code"), [("docker: 'compose' is not a docker command.", 1), ("", 0)])
def test_a_compose_that_tells_no_version_is_missing(docker: Path, words: str, code: int) -> None:
    with pytest.raises(EnvironmentFailure, match=rf"is missing or too old .* It said: {words.rstrip('.') or 'nothing'}\."):
        compose.version(says(docker, words, code=code))
