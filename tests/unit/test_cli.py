from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest

from hub_runner import cli, errors
from hub_runner.errors import UsageError
from hub_runner.settings import Settings, option
from hub_runner.verbs import VERBS
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
        assert field.name in ("root", "notes", "strict") or f"--{option(field.name)} " in words


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
    "words", [["run", "--bogus"], ["run", "a", "--bogus", "b"], ["doctor", "a"], ["fly"], [], ["run", "--col"]]
)
def test_what_is_not_known_is_refused_with_the_code_of_usage(words: list[str]) -> None:
    command = words[0] if words and words[0] in VERBS else ""
    with pytest.raises(UsageError, match=rf"^[A-Z].*`python -m hub_runner {command}.*--help` lists"):
        cli.parsed(words)


@pytest.mark.parametrize("hours", ["abc", "-1", "nan"])
def test_hours_that_are_none_are_called_so(hours: str) -> None:
    with pytest.raises(UsageError, match=f"--older-than: must be hours, 0 or more, not {hours}"):
        cli.parsed(["clean", f"--older-than={hours}"])


@pytest.mark.parametrize("flag", ["strict-logs", "fallback-images"])
def test_what_is_on_by_default_can_be_switched_off(flag: str) -> None:
    assert getattr(cli.parsed(["run", f"--no-{flag}"]), flag.replace("-", "_")) is False


@pytest.mark.parametrize(
    ("words", "demo"),
    [
        (["--demo", "a"], "on"),
        (["a", "--demo"], "on"),
        (["--no-demo", "a"], "off"),
        (["--demo", "both", "a"], "both"),
        (["a", "--demo=both"], "both"),
        (["a", "--demo", "off"], "off"),
        (["--demo", "off", "--no-demo", "--demo", "a"], "on"),
    ],
)
def test_demo_data_takes_a_word_and_no_module_for_one(words: list[str], demo: str) -> None:
    options = cli.parsed(["run", *words])
    assert (options.modules, options.demo) == (["a"], demo)


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


@pytest.mark.parametrize(
    "words",
    [
        "probe --bogus",
        "probe --ports many",
        "--jobs many probe",
        "probe --jobs 0",
        "probe --output",
        "probe --no-such --output reports",
    ],
)
@pytest.mark.parametrize("broken", ["", "[", '[tool.hub-runner]\nno-such = 1\noutput = "reports"'])
def test_no_refusal_from_a_folder_below_leaves_an_older_log_in_the_checkout(addons: Path, words: str, broken: str) -> None:
    """I9. Not even where the checkout's own settings are wrong."""
    (addons.parent / "pyproject.toml").write_text(broken or '[tool.hub-runner]\nproject = "hub"\n', encoding="utf-8")
    folder = addons.parent / ("reports" if "reports" in broken + words else ".")
    folder.mkdir(exist_ok=True)
    log = folder / "proof_of_execution_tests.log"
    log.write_text("all tests passed", encoding="utf-8")
    assert run("run", *words.split(), cwd=addons).returncode == 2
    assert "NO RUN BEGAN" in log.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("words", "output"),
    [
        ("run probe", None),
        ("run --jobs many --output reports", "reports"),
        ("run --output=a/b --bogus", "a/b"),
        ("run --output one --output two", "two"),
        ("run --output", None),
    ],
)
def test_the_output_folder_is_found_in_a_command_line_that_is_wrong(words: str, output: str | None) -> None:
    assert cli.output_in(words.split()) == output


def test_help_is_no_refusal(tmp_path: Path) -> None:
    log = tmp_path / "proof_of_execution_tests.log"
    log.write_text("all tests passed", encoding="utf-8")
    assert run("run", "--help", cwd=tmp_path).returncode == 0
    assert run("list", "--bogus", cwd=tmp_path).returncode == 2
    assert log.read_text(encoding="utf-8") == "all tests passed"


@pytest.mark.parametrize("output", [".", "reports"])
def test_a_folder_that_is_no_checkout_keeps_what_is_in_it_and_gets_no_log(tmp_path: Path, output: str) -> None:
    (tmp_path / "reports").mkdir()
    for name in ("result.json", "junit.xml"):
        (tmp_path / output / name).write_text("of somebody else", encoding="utf-8")
    before = {path: path.stat().st_size for path in tmp_path.rglob("*")}
    assert run("run", "nosuch", "--output", output, cwd=tmp_path).returncode == 2
    assert {path: path.stat().st_size for path in tmp_path.rglob("*")} == before


def test_an_age_below_nothing_is_refused(tmp_path: Path) -> None:
    done = run("clean", "--older-than", "-5", cwd=tmp_path)
    assert done.returncode == 2
    assert "must be hours, 0 or more, not -5" in done.stderr


def test_a_summary_that_would_move_a_terminal_is_listed_as_text(addons: Path) -> None:
    write_module(addons, "evil", '{"summary": "A\\nB\\x1b[2JC"}')
    assert run("list", cwd=addons.parent).stdout == f"{'evil':24} A BC\n"


def test_the_modules_are_listed_with_their_summaries(addons: Path) -> None:
    write_module(addons, "traction")
    assert run("list", cwd=addons.parent).stdout == f"{'traction':24} A module\n"


def test_a_summary_cannot_move_the_terminal(addons: Path) -> None:
    """B3."""
    write_module(addons, "traction", '{"summary": "\x1b[2JA module\u202e"}')
    assert run("list", cwd=addons.parent).stdout == f"{'traction':24} A module\ufffd\n"


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


@pytest.mark.parametrize("closed", ["2>/dev/full", "2>&-", "2> >(true)"])
@pytest.mark.parametrize(("words", "code"), [("run nosuch", 2), ("fly", 2), ("run probe --ports many", 2)])
def test_an_error_that_nobody_can_read_keeps_its_code_and_leaves_stdout_alone(
    tmp_path: Path, words: str, code: int, closed: str
) -> None:
    line = f"'{sys.executable}' -m hub_runner {words} {closed}"
    environ = {**os.environ, "PYTHONPATH": str(Path(cli.__file__).parents[1])}
    done = subprocess.run(("bash", "-c", line), cwd=tmp_path, env=environ, capture_output=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (code, b"")


@pytest.mark.parametrize("command", ["run probe", "doctor", "clean"])
def test_a_python_without_our_packages_is_told_what_to_install(addons: Path, command: str) -> None:
    """A fresh clone: the interpreter's -S leaves out all that is not its own."""
    log = addons.parent / "proof_of_execution_tests.log"
    log.write_text("all tests passed", encoding="utf-8")
    (addons.parent / "pyproject.toml").write_text("[tool.hub-runner]\n", encoding="utf-8")
    write_module(addons, "probe")
    environ = {**os.environ, "PYTHONPATH": str(Path(cli.__file__).parents[1])}
    line = (sys.executable, "-S", "-m", "hub_runner", *command.split())
    done = subprocess.run(line, cwd=addons.parent, env=environ, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 4
    assert done.stderr.startswith(f"hub-runner: This Python ({sys.executable}) lacks the package '")
    assert "pip install" in done.stderr
    assert "Traceback" not in done.stderr
    assert command == "doctor" or command == "clean" or "lacks the package" in log.read_text(encoding="utf-8")


def test_what_we_are_built_on_is_what_the_package_asks_for() -> None:
    text = (Path(cli.__file__).parents[1] / "pyproject.toml").read_text(encoding="utf-8")
    wanted = re.findall(r'^    "([\w-]+)>=', text.partition("dependencies = [")[2].partition("\n]")[0], re.MULTILINE)
    assert set(errors.PACKAGES) == {*(name.replace("-", "_") for name in wanted), "requests"}


def test_help_waits_for_no_sdk() -> None:
    heavy = "{'docker', 'rich', 'tenacity'}"
    words = f"import sys; from hub_runner import cli; cli.parser(); print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run((sys.executable, "-c", words), capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout == "[]\n"


def test_a_list_may_be_narrowed_down_and_say_why(addons: Path) -> None:
    for name in ("hr_one", "hr_two", "sale"):
        write_module(addons, name)
    assert run("list", "hr_*", "--exclude", "*_two", cwd=addons.parent).stdout == f"{'hr_one':24} A module\n"
    assert run("list", "sale", "--why", cwd=addons.parent).stdout == f"{'sale':24} named\n"
    assert run("list", "x*", cwd=addons.parent).returncode == 2
    write_module(addons, "old", '{"name": "Old", "installable": False}')
    assert "old " in run("list", cwd=addons.parent).stdout
    assert "old " not in run("list", "--all", cwd=addons.parent).stdout, "as `run --all` takes it"


@pytest.mark.parametrize("words", [["run", "nope"], ["doctor"]])
def test_a_folder_whose_name_is_a_command_to_the_terminal_is_named_without_it(tmp_path: Path, words: list[str]) -> None:
    """Whoever writes the repository chooses its names."""
    write_module(tmp_path / "add\x1b[31mons", "rock")
    (tmp_path / "pyproject.toml").write_text('[tool.hub-runner]\naddons = ["add*"]\n', encoding="utf-8")
    said = run(*words, cwd=tmp_path)
    assert f"{tmp_path}/addons" in said.stdout + said.stderr
    assert "\x1b" not in said.stdout + said.stderr


@pytest.mark.parametrize("verb", ["list", "lint-module"])
def test_a_checkout_without_modules_is_no_list_of_none_and_none_without_mistakes(tmp_path: Path, verb: str) -> None:
    said = run(verb, cwd=tmp_path)
    assert (said.returncode, said.stdout) == (2, "")
    assert "No folder with a __manifest__.py was found in" in said.stderr
    assert "set `addons`" in said.stderr


def test_all_are_those_that_run_would_test_and_a_plain_list_names_every_folder(addons: Path) -> None:
    write_module(addons, "sale")
    write_module(addons, "old", "{'name': 'Old', 'installable': False}")
    write_module(addons, "my-module")
    assert run("list", "--all", cwd=addons.parent).stdout == f"{'sale':24} A module\n"
    assert len(run("list", cwd=addons.parent).stdout.splitlines()) == 3


@pytest.mark.parametrize("command", [("list",), ("run", "--all"), ("matrix", "--shards", "2"), ("run", "sale")])
def test_an_empty_commit_is_refused_and_does_not_mean_all_modules(addons: Path, command: tuple[str, ...]) -> None:
    write_module(addons, "sale")
    done = run(*command, "--changed-since", "", cwd=addons.parent)
    assert done.returncode == 2
    assert "--changed-since is empty" in done.stderr


def test_a_commit_that_is_not_there_leaves_no_older_log_to_be_taken_for_this_run(addons: Path) -> None:
    """I9."""
    write_module(addons, "probe")
    log = addons.parent / "proof_of_execution_tests.log"
    log.write_text("all tests passed", encoding="utf-8")
    done = run("run", "--changed-since", "no-such-commit", cwd=addons.parent)
    assert done.returncode == 2
    assert "NO RUN BEGAN" in log.read_text(encoding="utf-8")


def test_if_nothing_has_changed_nothing_is_tested_and_the_log_says_so(addons: Path) -> None:
    write_module(addons, "probe")
    root, log = addons.parent, addons.parent / "proof_of_execution_tests.log"
    git = ("git", "-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false", "-C", str(root))
    for words in (("init", "--quiet"), ("add", "--all"), ("commit", "--quiet", "--message", "x")):
        subprocess.run((*git, *words), check=True)
    log.write_text("all tests passed", encoding="utf-8")
    done = run("run", "--changed-since", "HEAD", "--json", cwd=root)
    assert (done.returncode, done.stdout) == (0, "")
    assert "nothing to test: no module that is asked for has changed since HEAD" in done.stderr
    assert "NO RUN BEGAN, nothing was tested: no module that is asked for has changed" in log.read_text(encoding="utf-8")


def test_a_child_that_fails_is_seen_also_if_whoever_started_us_ignores_the_end_of_children(addons: Path) -> None:
    """The kernel forgets such children at once, and Python takes that for success. It is inherited."""
    write_module(addons, "probe")
    ignoring = (
        "import os, signal, sys; signal.signal(signal.SIGCHLD, 1); os.execv(sys.executable, [sys.executable, *sys.argv[1:]])"
    )
    sessions = (
        "import signal, nox; from hub_runner import menu; menu.add_sessions(); print(int(signal.getsignal(signal.SIGCHLD)))"
    )
    environ = {**os.environ, "PYTHONPATH": str(Path(cli.__file__).parents[1])}

    def said(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = (sys.executable, "-c", ignoring, *arguments)
        return subprocess.run(
            command, cwd=addons.parent, env=environ, capture_output=True, text=True, timeout=60, check=False
        )

    assert said("-m", "hub_runner", "list", "--changed-since", "no-such-commit").returncode == 2
    assert said("-c", sessions).stdout.strip() == str(int(signal.SIG_DFL))
