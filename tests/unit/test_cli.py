from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest

from hub_runner import cli
from hub_runner.errors import UsageError
from hub_runner.settings import Settings
from tests.conftest import write_module


def run(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """``python -m hub_runner`` as a user starts it."""
    root = Path(cli.__file__).parents[1]
    clean = {key: value for key, value in os.environ.items() if not key.startswith("HUB_RUNNER_")}
    command = (sys.executable, "-m", "hub_runner", *arguments)
    environ = {**clean, "PYTHONPATH": str(root)}
    return subprocess.run(command, cwd=cwd, env=environ, capture_output=True, text=True, timeout=60, check=False)


def test_every_setting_has_a_flag(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        cli.parsed(["run", "--help"])
    words = capsys.readouterr().out
    for field in fields(Settings):
        assert field.name == "root" or f"--{field.name.replace('_', '-')}" in words


@pytest.mark.parametrize(
    "words",
    [
        ["run", "a", "b", "--cold"],
        ["run", "--cold", "a", "b"],
        ["run", "a", "--cold", "b"],
        ["run", "--wait-for-port", "5", "a", "--cold", "b"],
    ],
)
def test_modules_and_flags_may_stand_in_any_order(words: list[str]) -> None:
    options = cli.parsed(words)
    assert (options.modules, options.cold) == (["a", "b"], True)


@pytest.mark.parametrize(
    "words", [["run", "--bogus"], ["run", "a", "--bogus", "b"], ["list", "a"], ["fly"], [], ["run", "--col"]]
)
def test_what_is_not_known_is_refused_with_the_code_of_usage(words: list[str]) -> None:
    with pytest.raises(SystemExit) as refusal:
        cli.parsed(words)
    assert refusal.value.code == 2


@pytest.mark.parametrize("flag", ["demo", "strict-logs", "fallback-images"])
def test_what_is_on_by_default_can_be_switched_off(flag: str) -> None:
    assert getattr(cli.parsed(["run", f"--no-{flag}"]), flag.replace("-", "_")) is False


def test_a_wrong_flag_is_refused_before_anything_is_looked_at(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match="ports in the command line"):
        cli.main(["list", "--ports", "many"])


def test_a_wrong_setting_leaves_no_older_log_to_be_taken_for_this_run(tmp_path: Path) -> None:
    """I9."""
    log = tmp_path / "proof_of_execution_tests.log"
    assert run("run", "probe", "--ports", "many", cwd=tmp_path).returncode == 2
    assert not log.exists()
    log.write_text("all tests passed", encoding="utf-8")
    assert run("run", "probe", "--ports", "many", cwd=tmp_path).returncode == 2
    assert "nothing was tested: ports in the command line" in log.read_text(encoding="utf-8")


def test_the_modules_are_listed_with_their_summaries(addons: Path) -> None:
    write_module(addons, "traction")
    assert run("list", cwd=addons.parent).stdout == f"{'traction':24} A module\n"


@pytest.mark.parametrize("closed", [">/dev/full", ">&-", "| true"])
def test_a_reader_that_is_gone_is_no_defect(addons: Path, closed: str) -> None:
    write_module(addons, "traction")
    words = f"'{sys.executable}' -m hub_runner list {closed}"
    environ = {**os.environ, "PYTHONPATH": str(Path(cli.__file__).parents[1])}
    done = subprocess.run(
        ("bash", "-o", "pipefail", "-c", words), cwd=addons.parent, env=environ, capture_output=True, timeout=60, check=False
    )
    assert (done.returncode, done.stderr) == (0, b"")


def test_letters_that_the_terminal_does_not_know_are_no_defect(addons: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_module(addons, "traction", '{"summary": "R\xf6cks"}')
    monkeypatch.setenv("PYTHONIOENCODING", "ascii")
    assert run("list", cwd=addons.parent).stdout.endswith("R?cks\n")


def test_a_folder_that_is_gone_is_said(tmp_path: Path) -> None:
    words = f"import os; os.rmdir({str(tmp_path)!r}); from hub_runner.__main__ import main; main()"
    environ = {**os.environ, "PYTHONPATH": str(Path(cli.__file__).parents[1])}
    command = (sys.executable, "-c", words, "list")
    done = subprocess.run(command, cwd=tmp_path, env=environ, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert "is gone" in done.stderr


def test_an_expected_error_is_a_paragraph_and_no_traceback(tmp_path: Path) -> None:
    done = run("run", "../etc", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith("hub-runner: '../etc' is not a module name")
    assert "Traceback" not in done.stderr


def test_no_module_says_what_to_type_and_what_there_is(addons: Path) -> None:
    """W1."""
    write_module(addons, "traction")
    done = run("run", cwd=addons.parent)
    assert done.returncode == 2
    assert "Which module? Say `nox -s test -- MODULE`" in done.stderr
    assert "traction" in done.stderr


def test_a_defect_of_our_own_has_a_code_and_a_traceback() -> None:
    words = "from hub_runner import cli, __main__; cli.main = lambda arguments: 1 / 0; __main__.main()"
    done = subprocess.run((sys.executable, "-c", words), capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 70
    assert "ZeroDivisionError" in done.stderr
    assert "defect of hub-runner itself" in done.stderr


def test_help_waits_for_no_sdk() -> None:
    heavy = "{'docker', 'rich', 'tenacity'}"
    words = f"import sys; from hub_runner import cli; cli.parser(); print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run((sys.executable, "-c", words), capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout == "[]\n"
