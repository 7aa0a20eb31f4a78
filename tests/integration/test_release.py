"""What is released: wheel and sdist are built and looked at, and the wheel does in an empty place what the README says.

With HUB_RUNNER_WHOLE_RELEASE=1 `pipx run` and `uvx` are tried, too: each makes an environment of its own, from an index.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

import hub_runner
from hub_runner.settings import Settings
from tests.integration.conftest import PORTS
from tests.standins import Images
from tests.standins.checkout import PASS, add_module, fast_compose

pytestmark = pytest.mark.integration

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8").split("## In another repository\n", 1)[1].split("\n## ", 1)[0]
WHOLE = pytest.mark.skipif(not os.environ.get("HUB_RUNNER_WHOLE_RELEASE"), reason="needs an index, and half a minute each")


def run(*command: str | Path, cwd: Path, **environ: str) -> str:
    """What a command says on both streams. It must succeed."""
    clean = {key: value for key, value in os.environ.items() if not key.startswith(("HUB_RUNNER_", "PYTHONPATH"))}
    done = subprocess.run(
        command,
        cwd=cwd,
        env={**clean, **environ},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, f"{command}:\n{done.stdout}"
    return done.stdout


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the sdist, and the wheel that was made from it."""
    folder = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, cwd=ROOT)
    return folder


@pytest.fixture(scope="module")
def wheel(built: Path) -> Path:
    (path,) = built.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def empty(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the programs of a new environment, in which the README's first line was typed with the wheel."""
    folder = tmp_path_factory.mktemp("venv")
    run(sys.executable, "-m", "venv", folder, cwd=folder)
    (line,) = re.findall(r"```bash\n(pip install .*)\n```", README)
    _, *words = line.replace("../hub-runner", str(wheel)).split()
    run(folder / "bin" / "pip", "--quiet", "--disable-pip-version-check", *words, "--no-compile", cwd=folder)
    return folder / "bin"


@pytest.fixture
def repository(tmp_path: Path, standins: Images) -> tuple[Path, dict[str, str]]:
    """A repository with one module and nothing else, and the variables that let the stand-ins play it."""
    root = tmp_path / "sister"
    add_module(root / "modules" / "rock", PASS)
    first = next(PORTS)
    compose = tmp_path / "fast.yml"
    compose.write_text(fast_compose(), encoding="utf-8")
    return (
        root,
        {
            "HUB_RUNNER_ODOO_IMAGE": standins.odoo,
            "HUB_RUNNER_DB_IMAGE": standins.db,
            "HUB_RUNNER_STATE": str(tmp_path / "state"),
            "HUB_RUNNER_PORTS": f"{first}-{first + 10}",
            "HUB_RUNNER_COLD": "1",
            "HUB_RUNNER_COMPOSE_FILE": str(compose),
        },
    )


def test_both_files_are_as_an_index_wants_them(built: Path) -> None:
    said = run(sys.executable, "-m", "twine", "check", "--strict", *sorted(built.iterdir()), cwd=built)
    assert said.count("PASSED") == 2


def test_types_images_and_the_compose_file_are_in_the_wheel_and_no_test_is(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    for name in ("py.typed", Settings.compose_file, "machine/images/odoo/Dockerfile", "odoo/inside/launcher.py"):
        assert f"hub_runner/{name}" in names
    assert not [name for name in names if not name.startswith(("hub_runner/", "hub_runner-"))]


def test_the_sdist_has_the_documents(built: Path) -> None:
    (path,) = built.glob("*.tar.gz")
    with tarfile.open(path) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {"README.md", "LICENSE", "CHANGELOG.md", "docs/README.md", "pyproject.toml"} <= names


def test_the_readme_is_true_in_another_repository(empty: Path, repository: tuple[Path, dict[str, str]]) -> None:
    root, environ = repository
    (settings,), (noxfile,) = (re.findall(rf"```{kind}\n(.*?)```", README, re.S) for kind in ("toml", "python"))
    (root / "pyproject.toml").write_text(settings, encoding="utf-8")
    (root / "noxfile.py").write_text(noxfile, encoding="utf-8")
    assert "test-rock" in run(empty / "nox", "-l", cwd=root)
    said = run(empty / "nox", "-s", "test", "--", "rock", cwd=root, **environ)
    assert "PASSED rock: 2 tests" in said
    assert "evv-agent-test-rock-" in said


def test_init_makes_such_a_repository(empty: Path, repository: tuple[Path, dict[str, str]]) -> None:
    root, environ = repository
    assert "Written." in run(
        empty / "hub-runner", "init", "--yes", "--package", "git+https://example.org/hub-runner.git", cwd=root
    )
    assert (root / ".github" / "workflows" / "modules.yml").is_file()
    said = run(empty / "nox", "-s", "test-rock", cwd=root, **environ)
    assert "PASSED rock: 2 tests" in said
    assert "sister-agent-test-rock-" in said


def test_the_command_and_the_module_say_the_same(empty: Path, tmp_path: Path) -> None:
    said = run(empty / "hub-runner", "--version", cwd=tmp_path)
    assert said == run(empty / "python", "-m", "hub_runner", "--version", cwd=tmp_path)
    assert said == f"hub-runner {hub_runner.__version__}\n"


@WHOLE
@pytest.mark.parametrize("program", ["pipx", "uvx"])
def test_it_runs_without_being_installed(program: str, wheel: Path, tmp_path: Path) -> None:
    found = shutil.which(program)
    if not found:
        pytest.skip(f"there is no {program} here")
    words = ("run", "--spec", wheel) if program == "pipx" else ("--from", wheel)
    said = run(found, *words, "hub-runner", "--version", cwd=tmp_path)
    assert said.endswith(f"hub-runner {hub_runner.__version__}\n")
