"""The menu as people, agents and CI use it: nox itself, in this repository and in another one that only installs us."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.integration.conftest import Done, Make
from tests.standins.checkout import FAIL, PASS, REPOSITORY, Checkout

pytestmark = pytest.mark.integration


def readme(language: str) -> str:
    """What README tells another repository to write or to type."""
    section = (REPOSITORY / "README.md").read_text(encoding="utf-8").split("## In another repository")[1]
    return section.split(f"```{language}\n")[1].split("```")[0]


def nox(checkout: Checkout, *words: str, cwd: Path = REPOSITORY, **environ: str) -> Done:
    return called((sys.executable, "-m", "nox", *words), checkout, cwd, {**checkout.environ_elsewhere, **environ})


def called(command: tuple[str, ...], checkout: Checkout, cwd: Path, environ: dict[str, str]) -> Done:
    done = subprocess.run(
        command,
        cwd=cwd,
        env=environ,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=240,
        check=False,
    )
    return Done(done.returncode, done.stdout, checkout.log.read_text(encoding="utf-8") if checkout.log.exists() else "")


@pytest.mark.parametrize("words", [("test", "--", "probe"), ("test-probe",)])
def test_both_ways_to_name_a_module_are_the_same_run(make: Make, words: tuple[str, ...]) -> None:
    done = nox(make(), "-s", *words)
    assert done.passed, done.said
    assert "-agent-test-probe-" in done.log


def test_it_can_be_started_from_any_folder(make: Make, tmp_path: Path) -> None:
    done = nox(make(), "-f", str(REPOSITORY / "noxfile.py"), "-s", "test-probe", cwd=tmp_path)
    assert done.passed, done.said


def test_json_is_all_that_stands_on_stdout(make: Make) -> None:
    command = (sys.executable, "-m", "nox", "-s", "test", "--", "probe", "--json")
    environ = make().environ_elsewhere
    done = subprocess.run(command, cwd=REPOSITORY, env=environ, capture_output=True, text=True, timeout=240, check=False)
    assert json.loads(done.stdout)["passed"], done.stderr
    assert "PASSED probe" in done.stderr


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('project = "hub"', "project = ", "pyproject.toml cannot be read: Invalid value"),
        ('"hatchling>=1.27"', '"no-such-package"', "Returned code 1"),
    ],
    ids=["TOML", "pip"],
)
def test_a_session_without_an_environment_leaves_no_older_log(tmp_path: Path, old: str, new: str, words: str) -> None:
    """I9."""
    (tmp_path / "addons").symlink_to(REPOSITORY / "addons")
    shutil.copy(REPOSITORY / "noxfile.py", tmp_path)
    shutil.copytree(REPOSITORY / "hub_runner", tmp_path / "hub_runner")
    text = (REPOSITORY / "pyproject.toml").read_text(encoding="utf-8")
    (tmp_path / "pyproject.toml").write_text(text.replace(old, new), encoding="utf-8")
    log = tmp_path / "proof_of_execution_tests.log"
    log.write_text("PASSED traction", encoding="utf-8")
    environ = {**os.environ, "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(tmp_path)}
    command = (sys.executable, "-m", "nox", "-s", "test", "--", "traction")
    done = subprocess.run(command, cwd=tmp_path, env=environ, capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "NO RUN BEGAN" in log.read_text(encoding="utf-8")
    assert words in log.read_text(encoding="utf-8")


def test_a_failing_module_fails_the_session(make: Make) -> None:
    done = nox(make(modules={"bad": FAIL}), "-s", "test", "--", "bad")
    assert done.code == 1
    assert "exit code 1" in done.said
    assert "repeat: nox -s test -- bad --test-tags /bad:TestStandin.test_two" in done.said


def test_no_module_says_what_to_type_and_lists_them(make: Make) -> None:
    """W1."""
    done = nox(make(modules={"one": PASS, "two": PASS}), "-s", "test")
    assert done.code == 1
    assert "Say `nox -s test -- MODULE`" in done.said
    assert "one, two" in done.said


def test_the_menu_shows_every_module_and_a_line_for_each_session(make: Make) -> None:
    done = nox(make(modules={"one": PASS, "two": PASS}), "-l")
    rows = dict(line[2:].split(" -> ", 1) for line in done.said.splitlines() if " -> " in line)
    assert rows["test-one"] == rows["test-two"] == "Played by a script"
    assert {"test", "setup", "doctor", "clean", "check"} <= set(rows)
    assert all(len(words) > 10 for words in rows.values())


def test_the_script_is_the_same_run(make: Make) -> None:
    """W10."""
    checkout = make(modules={"probe": PASS, "bad": FAIL})
    environ = checkout.environ_elsewhere | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    script = str(REPOSITORY / "scripts" / "run-tests.sh")
    good = called((script, "probe"), checkout, checkout.root, environ)
    assert good.passed, good.said
    assert called((script, "bad"), checkout, checkout.root, environ).code == 1


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs of an environment in which README's words were followed: a wheel, not this checkout."""
    folder = tmp_path_factory.mktemp("sister")
    (folder / "hub-runner").symlink_to(REPOSITORY)
    (folder / "evv").mkdir()
    subprocess.run((sys.executable, "-m", "virtualenv", "--quiet", str(folder / "venv")), check=True, timeout=240)
    programs = folder / "venv" / "bin"
    command = readme("bash").strip()
    assert command == "pip install nox ../hub-runner"
    subprocess.run((programs / "python", "-m", *command.split(), "--quiet"), cwd=folder / "evv", check=True, timeout=240)
    return programs


def test_another_repository_only_installs_us(make: Make, installed: Path) -> None:
    """I11, W13: ten lines of noxfile, no compose file, no copy of the runner."""
    checkout = make(project="evv-t")
    (checkout.root / "docker-compose.agent.yml").unlink()
    (checkout.root / "noxfile.py").write_text(readme("python"), encoding="utf-8")
    environ = {name: value for name, value in checkout.environ.items() if name != "PYTHONPATH"}
    nox = str(installed / "nox")
    listed = called((nox, "-l"), checkout, checkout.root, environ)
    assert "test-probe -> Played by a script" in listed.said
    done = called((nox, "-s", "test", "--", "probe"), checkout, checkout.root, environ)
    assert done.passed, done.said
    assert "evv-t-agent-test-probe-" in done.log


def test_what_is_installed_is_whole(installed: Path) -> None:
    """Package data too: the images' recipes and the compose file."""
    package = REPOSITORY / "hub_runner"
    wanted = {path.relative_to(package) for path in package.rglob("*") if path.is_file() and "__pycache__" not in path.parts}
    (site,) = installed.parent.glob("lib/python*/site-packages")
    there = {path.relative_to(site / "hub_runner") for path in (site / "hub_runner").rglob("*")}
    assert wanted <= there
    assert Path("docker-compose.agent.yml") in there
    assert not (site / "tests").exists()
