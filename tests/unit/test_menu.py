from __future__ import annotations

import logging
import shutil
import subprocess
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from hub_runner import menu
from hub_runner.errors import UsageError
from tests.conftest import write_module


def test_the_menu_shows_each_module_with_its_summary(addons: Path) -> None:
    write_module(addons, "traction")
    assert dict(menu.listed(addons.parent)) == {"traction": "A module"}


@pytest.mark.parametrize("name", ["my module", "x;echo pwned", "$(id)", "-k", "a.b"])
def test_a_folder_with_a_name_that_no_run_takes_is_not_offered(addons: Path, name: str) -> None:
    write_module(addons, "traction")
    write_module(addons, name)
    assert [listed for listed, _ in menu.listed(addons.parent)] == ["traction"]


def test_wrong_settings_are_said_and_do_not_break_the_menu(addons: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_module(addons, "traction")
    (addons.parent / "pyproject.toml").write_text("[tool.hub-runner]\ncolour = 1\n", encoding="utf-8")
    assert list(menu.listed(addons.parent)) == []
    assert "Unknown setting 'colour'" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "names"),
    [
        (["-s", "test-tarction"], ["tarction"]),
        (["--session=test-tarction", "test-b"], ["tarction", "b"]),
        (["-s", "test", "--", "test-tarction"], []),
        (["-s", "test-*", "-l"], []),
        ([], []),
    ],
)
def test_a_session_of_a_module_that_is_not_there_is_asked_for_by_name(words: list[str], names: list[str]) -> None:
    """U17: nox's own words would be "Sessions not found"."""
    assert list(menu.asked(words)) == names


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("uv binary not found.", False),
        ("/x/.nox/hub-runner-ab/bin/python -m hub_runner run traction", False),
        ("Command /x/bin/python3.12 -m hub_runner run traction failed with exit code 1", False),
        ("Session test failed.", True),
        ("Session test aborted: type `python -m hub_runner setup`", True),
        ("Command /x/bin/python -m tests.chaos failed with exit code 1", True),
    ],
)
def test_nox_does_not_repeat_the_command_that_hub_runner_speaks_for(text: str, shown: bool) -> None:
    assert menu.Noise().filter(logging.makeLogRecord({"msg": text})) is shown


@pytest.mark.parametrize("error", [UsageError("it cannot be read."), OSError("a folder of others: remove it")])
def test_an_environment_that_cannot_be_made_is_told_in_a_line(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def refused(_: object) -> str:
        raise error

    monkeypatch.setattr(menu, "python", refused)
    said: list[str] = []
    session: Any = SimpleNamespace(error=said.append)
    with pytest.raises(type(error)):
        menu._python(session, "doctor")
    assert said == [f"the environment of nox's session could not be made: {str(error).removesuffix('.')}"]


def test_the_script_says_if_nox_is_not_there(tmp_path: Path) -> None:
    for program in ("bash", "dirname"):
        (tmp_path / program).symlink_to(str(shutil.which(program)))
    script = (str(Path(__file__).parents[2] / "scripts" / "run-tests.sh"), "probe")
    done = subprocess.run(
        ("bash", *script), env={"PATH": str(tmp_path)}, capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stderr) == (
        1,
        "run-tests.sh: nox is not on PATH, and nothing was tested: pip install nox\n",
    )
