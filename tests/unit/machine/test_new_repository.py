"""What `hub-runner init` shows, writes and refuses."""

from __future__ import annotations

import io
import os
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from hub_runner.checkout.modules import catalogue
from hub_runner.errors import UsageError
from hub_runner.machine.new_repository import begin, wanted_files
from hub_runner.settings import load
from tests.conftest import write_module
from tests.standins.history import git


def init(root: Path, answer: str | None = "y", **values: str) -> str:
    """What it said."""
    said = io.StringIO()
    found = wanted_files(root, **{"project": "", "ci": "github", "package": "hub-runner", **values})
    begin(found, root, said, yes=answer is None, ask=lambda _: answer or "")
    return said.getvalue()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "My Addons"
    write_module(folder / "addons", "rock")
    return folder


def texts(root: Path) -> dict[str, str]:
    return {it.relative_to(root).as_posix(): it.read_text(encoding="utf-8") for it in root.rglob("*") if it.is_file()}


def test_a_new_repository_gets_all_that_it_needs(root: Path) -> None:
    said = init(root)
    settings = load(root, environ={})
    assert (settings.project, settings.addons) == ("my-addons", ("addons",))
    assert "menu.add_sessions()" in (root / "noxfile.py").read_text(encoding="utf-8")
    assert "/result.json\n" in (root / ".gitignore").read_text(encoding="utf-8")
    workflow = yaml.safe_load((root / ".github/workflows/modules.yml").read_text(encoding="utf-8"))
    assert workflow["jobs"]["modules"]["steps"][2] == {"run": "pip install nox hub-runner"}
    for words in (
        "pyproject.toml is new:",
        '    project = "my-addons"',
        "noxfile.py is new:",
        "Written. Next: nox -s setup",
    ):
        assert words in said


@pytest.mark.parametrize("answer", ["n", "", "what?"])
def test_nothing_is_written_unless_the_user_agrees(root: Path, answer: str) -> None:
    before = texts(root)
    assert "Nothing was written." in init(root, answer)
    assert texts(root) == before


def test_nobody_is_asked_with_yes(root: Path) -> None:
    init(root, None)
    assert (root / "noxfile.py").is_file()


def test_nobody_who_can_be_asked_is_a_refusal(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("y\n"))
    found = wanted_files(root, project="", ci="none", package="hub-runner")
    with pytest.raises(UsageError, match="Say --yes"):
        begin(found, root, io.StringIO(), yes=False)
    assert not (root / "noxfile.py").exists()


def test_what_is_there_is_never_overwritten(root: Path) -> None:
    (root / "pyproject.toml").write_text("[tool.black]\nline-length = 88", encoding="utf-8")
    (root / "noxfile.py").write_text("import nox\n", encoding="utf-8")
    (root / ".gitignore").write_text("*.pyc\nresult.json", encoding="utf-8")
    (root / ".github/workflows").mkdir(parents=True)
    (root / ".github/workflows/modules.yml").write_text("mine\n", encoding="utf-8")
    said = init(root)
    after = texts(root)
    assert after["pyproject.toml"].startswith("[tool.black]\nline-length = 88\n\n[tool.hub-runner]\n")
    assert after["noxfile.py"] == "import nox\n"
    assert after[".gitignore"].startswith("*.pyc\nresult.json\n# what hub-runner writes\n")
    assert after[".gitignore"].count("result.json") == 1
    assert after[".github/workflows/modules.yml"] == "mine\n"
    assert "noxfile.py stays as it is, it is yours: add" in said
    assert "pyproject.toml gets these lines at its end:" in said


def test_a_second_time_nothing_is_missing(root: Path) -> None:
    init(root)
    before = texts(root)
    (root / ".github/workflows/modules.yml").unlink()
    init(root)
    assert texts(root) == before
    assert "Nothing is missing." in init(root)


def test_a_file_that_appears_meanwhile_is_not_touched(root: Path) -> None:
    found = wanted_files(root, project="", ci="none", package="hub-runner")
    (root / "noxfile.py").write_text("mine\n", encoding="utf-8")
    with pytest.raises(UsageError, match=r"noxfile\.py could not be written: File exists"):
        begin(found, root, io.StringIO(), yes=True)
    assert (root / "noxfile.py").read_text(encoding="utf-8") == "mine\n"


@pytest.mark.parametrize(
    ("places", "addons"),
    [
        (["rock"], (".",)),
        (["modules/rock", "docs/x"], ("modules",)),
        (["odoo/custom/rock", "odoo/more/stone"], ("odoo/custom", "odoo/more")),
        (['our "old" ones/rock', "möbel/stone"], ("möbel", 'our "old" ones')),
    ],
)
def test_the_folders_with_modules_are_found(tmp_path: Path, places: list[str], addons: tuple[str, ...]) -> None:
    for place in places:
        folder = tmp_path / place
        if folder.name == "x":
            folder.mkdir(parents=True)
        else:
            write_module(folder.parent, folder.name)
    init(tmp_path, ci="none")
    assert load(tmp_path, environ={}).addons == addons


def test_a_repository_that_is_one_module_is_its_own_folder_of_modules(tmp_path: Path) -> None:
    """It was said to hold no manifest."""
    module = write_module(tmp_path, "rock")
    write_module(module / "tests" / "data", "sample")
    init(module, ci="none")
    settings = load(module, environ={})
    assert settings.addons_folders == (module,)
    assert list(catalogue(settings.addons_folders).folders) == ["rock"]


def test_a_folder_of_somebody_else_is_passed_over(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The data of a database that a container has written beside the modules."""
    (root / "pgdata").mkdir()
    may = os.access
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path).name != "pgdata" and may(path, mode))
    listed = Path.iterdir

    def refused(folder: Path) -> Iterator[Path]:
        if folder.name == "pgdata":
            raise PermissionError(13, "Permission denied")
        return listed(folder)

    monkeypatch.setattr(Path, "iterdir", refused)
    assert "Written." in init(root, ci="none")


def test_a_file_to_which_no_table_can_be_added_is_left_as_it_is(root: Path) -> None:
    (root / "pyproject.toml").write_text("tool = {black = {line-length = 88}}\n", encoding="utf-8")
    with pytest.raises(UsageError, match=r"takes no table \[tool\.hub-runner\] at its end .*: write it by hand"):
        init(root)


def test_what_pip_installs_is_one_word_of_the_shell(root: Path) -> None:
    init(root, package="hub-runner @ git+https://example.org/hub-runner.git")
    workflow = yaml.safe_load((root / ".github/workflows/modules.yml").read_text(encoding="utf-8"))
    run = workflow["jobs"]["modules"]["steps"][2]["run"]
    assert shlex.split(run) == ["pip", "install", "nox", "hub-runner @ git+https://example.org/hub-runner.git"]


def test_a_folder_without_modules_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"No folder with a __manifest__\.py was found"):
        init(tmp_path)


def test_a_folder_inside_of_a_repository_is_refused(root: Path) -> None:
    git(root, "init", "-q")
    with pytest.raises(UsageError, match="lies inside of the repository"):
        init(root / "addons")


def test_a_broken_pyproject_is_refused(root: Path) -> None:
    (root / "pyproject.toml").write_text("[tool", encoding="utf-8")
    with pytest.raises(UsageError, match="is not valid TOML"):
        init(root)


def test_a_project_that_cannot_be_is_refused(root: Path) -> None:
    with pytest.raises(UsageError, match="--project must be"):
        init(root, project="My_Project")


@pytest.mark.parametrize(
    ("remote", "name"), [("git@gitlab.com:a/b.git", ".gitlab-ci.yml"), ("", ".github/workflows/modules.yml")]
)
def test_the_ci_system_is_told_by_the_remote(root: Path, remote: str, name: str) -> None:
    git(root, "init", "-q")
    if remote:
        git(root, "remote", "add", "origin", remote)
    init(root, ci="auto", package="git+https://example.org/hub-runner.git")
    text = (root / name).read_text(encoding="utf-8")
    assert "install nox git+https://example.org/hub-runner.git" in text
    assert yaml.safe_load(text)


def test_a_ci_file_is_not_written_with_a_name_that_anybody_may_take(root: Path) -> None:
    with pytest.raises(UsageError, match=r"whoever takes its name there could run code in your CI\. Say --package"):
        init(root, package="")
    assert "Written." in init(root, package="", ci="none")


def test_an_answer_that_ends_is_none(root: Path) -> None:
    def end(_: str) -> str:
        raise EOFError

    said = io.StringIO()
    assert begin(wanted_files(root, project="", ci="none", package=""), root, said, yes=False, ask=end) == 0
    assert "Nothing was written." in said.getvalue()
