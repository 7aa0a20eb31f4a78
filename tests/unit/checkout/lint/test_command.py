from __future__ import annotations

import io
from pathlib import Path

import pytest

from hub_runner.checkout.lint.command import lint_modules
from hub_runner.errors import UsageError
from hub_runner.settings import Settings
from tests.conftest import write_module


def linted(addons: Path, *names: str, image: str = "registry.example/odoo:1") -> tuple[int, list[str]]:
    out = io.StringIO()
    code = lint_modules(names, Settings(root=addons.parent, odoo_image=image), out)
    return code, out.getvalue().splitlines()


@pytest.fixture
def broken(addons: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two modules, of which ``broken`` has a mistake; the command is started in their checkout."""
    monkeypatch.chdir(addons.parent)
    (write_module(addons, "good") / "__init__.py").touch()
    folder = write_module(addons, "broken")
    (folder / "__init__.py").write_text("x = = 1", encoding="utf-8")
    return folder


def test_a_module_without_mistakes_says_nothing_and_ends_with_0(addons: Path, broken: Path) -> None:
    assert linted(addons, "good") == (0, [])


@pytest.mark.parametrize("name", ["broken", "addons/broken", "addons/broken/__init__.py", "{root}/addons/broken/x/y"])
def test_a_module_is_named_or_meant_by_a_path_as_pre_commit_passes_it(addons: Path, broken: Path, name: str) -> None:
    (broken / "x").mkdir()
    (broken / "x" / "y").touch()
    assert linted(addons, name.format(root=addons.parent)) == (
        1,
        ["addons/broken/__init__.py:1: this is no Python: invalid syntax"],
    )


def test_without_names_all_modules_are_looked_at(addons: Path, broken: Path) -> None:
    assert linted(addons)[0] == 1
    assert len(linted(addons)[1]) == 1


def test_a_module_that_is_not_installable_is_looked_at_only_if_it_is_named(addons: Path, broken: Path) -> None:
    """As unported modules are in OCA's repositories: Odoo does not look at them, and pre-commit passes all files."""
    (broken / "__manifest__.py").write_text("{'name': 'Old', 'installable': False}", encoding="utf-8")
    assert linted(addons) == linted(addons, "addons/broken/__init__.py") == (0, [])
    assert linted(addons, "broken")[0] == linted(addons, "addons/broken")[0] == 1


def test_files_that_belong_to_no_module_are_left_out(addons: Path, broken: Path) -> None:
    (addons.parent / "README.md").touch()
    assert linted(addons, "README.md") == (0, [])


def test_one_module_is_looked_at_once_however_often_it_is_named(addons: Path, broken: Path) -> None:
    assert len(linted(addons, "broken", "addons/broken", "addons/broken/__init__.py")[1]) == 1


@pytest.mark.parametrize("name", ["brokn", "addons", "no/such/path"])
def test_what_is_no_module_is_refused(addons: Path, broken: Path, name: str) -> None:
    with pytest.raises(UsageError, match="Modules in"):
        linted(addons, name)


def test_a_broken_manifest_is_a_finding_at_its_line(addons: Path, broken: Path) -> None:
    (broken / "__manifest__.py").write_text("{\n'name': 'x'\n'depends': []}", encoding="utf-8")
    (line,) = linted(addons, "broken")[1]
    assert line.startswith("addons/broken/__manifest__.py:2: a comma is missing after 'x'")


def test_a_name_that_is_too_long_for_a_path_is_refused(addons: Path, broken: Path) -> None:
    """It ended with a traceback."""
    with pytest.raises(UsageError, match="Modules in"):
        linted(addons, "x" * 5000)


@pytest.mark.parametrize("name", ["", " "])
def test_an_empty_name_is_not_the_folder_that_one_stands_in(addons: Path, broken: Path, name: str) -> None:
    with pytest.raises(UsageError, match="is not a module name"):
        linted(addons, name)


@pytest.mark.parametrize("names", [("addons/my-rock",), ()])
def test_a_folder_whose_name_no_module_may_have_is_a_finding(addons: Path, broken: Path, names: tuple[str, ...]) -> None:
    write_module(addons, "my-rock")
    lines = [line for line in linted(addons, *names)[1] if "my-rock" in line]
    assert len(lines) == 1
    assert lines[0].startswith("addons/my-rock/__manifest__.py:1: the name of a module has letters (a-z), digits and")
    assert lines[0].endswith("rename the folder, such as my_rock")


def test_all_broken_manifests_of_a_closure_are_named_each_once(addons: Path, broken: Path) -> None:
    """Only the first one was, and each correction showed the next."""
    (write_module(addons, "other") / "__manifest__.py").write_text("{'depends': 'good'}", encoding="utf-8")
    (broken / "__manifest__.py").write_text("{", encoding="utf-8")
    (addons / "good" / "__manifest__.py").write_text("{'depends': ['broken', 'other']}", encoding="utf-8")
    code, lines = linted(addons, "good", "broken")
    assert code == 1
    assert [line.partition(": ")[0] for line in lines] == [
        "addons/broken/__manifest__.py:1",
        "addons/other/__manifest__.py:1",
    ]


def test_a_missing_comma_between_two_dependencies_is_named(addons: Path, broken: Path) -> None:
    (addons / "good" / "__manifest__.py").write_text("{'depends': [\n'base'\n'mail',\n]}", encoding="utf-8")
    (line,) = linted(addons, "good", image="odoo:19.0")[1]
    assert line.startswith("addons/good/__manifest__.py:2: depends on 'basemail',")
    assert line.endswith("; a comma is missing after 'base'")


def test_all_unknown_dependencies_are_named_at_their_lines(addons: Path, broken: Path) -> None:
    (addons / "good" / "__manifest__.py").write_text("{'depends': [\n'mial',\n'good',\n'slae',\n'mail']}", encoding="utf-8")
    code, lines = linted(addons, "good", image="odoo:19.0")
    assert code == 1
    assert [line.partition(" which")[0] for line in lines] == [
        "addons/good/__manifest__.py:2: depends on 'mial',",
        "addons/good/__manifest__.py:4: depends on 'slae',",
    ]
    assert linted(addons, "good") == (0, [])  # an image of its own may have them


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("oca_dependencies.txt", "web"),
        ("test-requirements.txt", "odoo-addon-slae_x"),
        ("addons/requirements.txt", "odoo18-addon-slae-x>=1"),
    ],
)
def test_a_dependency_that_the_checkout_takes_from_elsewhere_is_not_judged(
    addons: Path, broken: Path, name: str, text: str
) -> None:
    (addons / "good" / "__manifest__.py").write_text("{'depends': ['slae_x']}", encoding="utf-8")
    assert linted(addons, "good", image="odoo:19.0")[0] == 1
    (addons.parent / name).write_text(text, encoding="utf-8")
    assert linted(addons, "good", image="odoo:19.0") == (0, [])


def test_what_a_module_says_of_itself_cannot_move_the_terminal(addons: Path, broken: Path) -> None:
    (addons / "good" / "__manifest__.py").write_text("{'data': ['\\x1b[2J.xml']}", encoding="utf-8")
    assert linted(addons, "good")[1][0].startswith("addons/good/__manifest__.py:1: .xml is listed")
