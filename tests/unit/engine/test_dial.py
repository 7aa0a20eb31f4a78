"""An engine behind ssh:// is reached by docker's own command line, whatever that is."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from hub_runner.engine.client import connect
from hub_runner.errors import EnvironmentFailure

# `docker system dial-stdio`, behind which an engine answers each question with its version.
ENGINE = """
import json, sys
body = json.dumps({"ApiVersion": "1.45", "Version": "26.1", "Os": "linux", "Arch": "amd64"})
while line := sys.stdin.buffer.readline():
    if not line.strip():
        print(f"HTTP/1.1 200 OK\\r\\nContent-Length: {len(body)}\\r\\n\\r\\n{body}", end="", flush=True)
"""


@pytest.fixture
def docker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A file for a `docker` of the test's own, first on PATH."""
    monkeypatch.setenv("DOCKER_HOST", "ssh://somebody@example.invalid")
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    yield tmp_path / "docker"
    assert [line for line in command_lines_below_this_process() if str(tmp_path) in line] == []


def command_lines_below_this_process() -> Iterator[str]:
    for child in psutil.Process().children():
        with contextlib.suppress(psutil.Error):  # it has ended meanwhile
            yield " ".join(child.cmdline())


def write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
    path.chmod(0o755)


def test_the_engine_answers_through_dockers_own_connection(docker: Path) -> None:
    program = docker.with_name("engine.py")
    program.write_text(ENGINE, encoding="utf-8")
    write(docker, f'#!/bin/sh\nexec "{sys.executable}" "{program}"\n')  # a path with a space is none for a shebang
    engine = connect(timeout=30)
    assert engine.version() == "Docker 26.1 (linux/amd64)"
    assert engine.api.api_version == "1.45"
    engine.client.close()


def test_what_ssh_says_is_passed_on_if_there_is_no_connection(docker: Path) -> None:
    write(docker, "#!/bin/sh\necho 'somebody@example.invalid: Permission denied (publickey).' >&2\nexit 255\n")
    with pytest.raises(EnvironmentFailure, match=r"ssh://somebody@example\.invalid: .*Permission denied \(publickey\)"):
        connect(timeout=30)


def test_an_engine_that_says_nothing_is_given_up_at_the_time_limit(docker: Path) -> None:
    write(docker, "#!/bin/sh\n[ $1 = version ] || exec sleep 60\n")
    with pytest.raises(EnvironmentFailure, match="No Docker engine answers"):
        connect(timeout=0.5)
