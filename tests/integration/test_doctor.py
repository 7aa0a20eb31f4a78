import io
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from hub_runner.machine.doctor import doctor
from hub_runner.settings import Settings
from tests.conftest import write_module
from tests.standins import images

pytestmark = pytest.mark.integration

COMPOSE_FILE = Path(__file__).parents[2] / Settings.compose_file


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A checkout that lacks nothing."""
    shutil.copy(COMPOSE_FILE, tmp_path)
    write_module(tmp_path / "addons", "probe")
    tiny = images()
    return Settings(root=tmp_path, odoo_image=tiny.odoo, db_image=tiny.db, ports="18020-18029", project="h-doctor")


def ask(settings: Settings) -> tuple[int, dict[str, str]]:
    out = io.StringIO()
    code = doctor(settings, out=out)
    return code, parse(out.getvalue())


def parse(said: str) -> dict[str, str]:
    """The lines on each name."""
    found: dict[str, str] = {}
    for line in said.splitlines()[1:-1]:
        if not line.startswith(" "):
            name = line[4:16].strip()
            found[name] = f"{found[name]}\n{line}" if name in found else line
    return found


def test_where_nothing_is_missing_a_run_would_work(settings: Settings) -> None:
    code, said = ask(settings)
    assert code == 0
    fatal = {name: line for name, line in said.items() if name != "tools"}
    assert all(line.startswith("ok  ") for line in fatal.values()), fatal
    assert set(said) >= {"engine", "compose", "compose file", "image", "ports", "runs", "disk", "output", "state"}
    assert "Docker " in said["engine"]
    assert "sha256:" in said["image"]
    assert "10 of 10 free" in said["ports"]


def test_an_engine_that_does_not_answer_hides_nothing_else(settings: Settings) -> None:
    # In a process of its own: the SDK leaves a socket unclosed where nobody answers.
    done = subprocess.run(
        [sys.executable, "-m", "hub_runner", "doctor", "--ports", settings.ports],
        cwd=settings.root,
        env={**os.environ, "DOCKER_HOST": f"unix://{settings.root}/no.sock"},
        capture_output=True,
        text=True,
    )
    said = parse(done.stdout)
    assert done.returncode == 4, done.stderr
    assert said["engine"].startswith("!!  engine       No Docker engine answers on unix://")
    assert "nox -s setup" in said["engine"]
    assert said["ports"].startswith("ok")
    assert said["compose"].startswith("ok")


def test_a_client_that_is_not_installed_is_named(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(settings.root))
    code, said = ask(settings)
    assert code == 4
    assert "`docker` is not on PATH" in said["compose"]
    assert said["engine"].startswith("ok")


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("echo \"docker: 'compose' is not a docker command.\" >&2; exit 1", "compose plugin is missing or too old"),
        ("[ $2 = version ] && echo 2.19.1", "2.20 or later is needed). This is 2.19.1."),
    ],
)
def test_a_compose_that_is_missing_or_too_old_is_named(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, script: str, words: str
) -> None:
    client = settings.root / "docker"
    client.write_text(f"#!/bin/sh\n{script}\n")
    client.chmod(0o755)
    monkeypatch.setenv("PATH", f"{settings.root}:/usr/bin:/bin")
    code, said = ask(settings)
    assert code == 4
    assert words in said["compose"]
    assert "nox -s setup" in said["compose"]


def test_an_image_that_is_not_here_and_a_compose_file_that_is_none_are_named(settings: Settings) -> None:
    (settings.root / settings.compose_file).write_text("services: [")
    settings = Settings(root=settings.root, odoo_image="registry.invalid/odoo:18.0", db_image=settings.db_image)
    code, said = ask(settings)
    assert code == 4
    assert said["compose file"].startswith("!!")
    assert (
        said["image"].splitlines()[0] == "!!  image        registry.invalid/odoo:18.0 is not here -> `nox -s setup` gets it"
    )


def test_a_missing_image_says_how_to_get_it(settings: Settings) -> None:
    code, said = ask(Settings(root=settings.root, odoo_image=settings.odoo_image, db_image="registry.invalid/db:1"))
    assert code == 4
    assert "!!  image        registry.invalid/db:1 is not here -> `nox -s setup` gets it" in said["image"].splitlines()
