from __future__ import annotations

from pathlib import Path

import pytest

from hub_runner.errors import UsageError
from hub_runner.fleet.selection import Request, Selection, chosen, select
from hub_runner.odoo.choice import Choice
from hub_runner.settings import Settings
from tests.conftest import write_module
from tests.unit.fleet.test_changed import commit, git


@pytest.fixture
def root(addons: Path) -> Path:
    for name in ("hr_one", "hr_two", "sale_one"):
        write_module(addons, name)
    write_module(addons, "old", "{'name': 'Old', 'installable': False}")
    return addons.parent


def selected(
    root: Path, *names: str, everything: bool = False, since: str | None = None, exclude: tuple[str, ...] = ()
) -> Selection:
    request = Request(names=names, everything=everything, changed_since=since, exclude=exclude)
    return select(request, Settings(root=root))


def test_all_are_all_that_can_be_installed(root: Path) -> None:
    assert list(selected(root, everything=True).reasons) == ["hr_one", "hr_two", "sale_one"]


def test_a_folder_that_all_cannot_mean_is_named(root: Path) -> None:
    """Nothing said that its tests do not run."""
    folder = write_module(root / "addons", "hr-three")
    (note,) = selected(root, everything=True).notes
    assert note.startswith(f"{folder} is left out: the name of a module has letters (a-z)")
    assert selected(root, "hr_*").notes == ()


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["hr_*"], ["hr_one", "hr_two"]),
        (["*_one"], ["hr_one", "sale_one"]),
        (["sale_one", "hr_*"], ["sale_one", "hr_one", "hr_two"]),
        (["hr_one", "hr_*"], ["hr_one", "hr_two"]),
        (["[hs]*_one"], ["hr_one", "sale_one"]),
        (["addons/hr_one/"], ["hr_one"]),
    ],
)
def test_names_patterns_and_paths_may_be_mixed_and_each_module_comes_once(
    root: Path, monkeypatch: pytest.MonkeyPatch, names: list[str], expected: list[str]
) -> None:
    monkeypatch.chdir(root)
    assert list(selected(root, *names).reasons) == expected


def test_what_is_excluded_is_left_out(root: Path) -> None:
    assert list(selected(root, everything=True, exclude=("hr_*", "nothing*")).reasons) == ["sale_one"]


@pytest.mark.parametrize(
    ("names", "everything", "exclude", "words"),
    [
        ((), False, (), r"Which module\? .*--all.*--changed-since REF.*hr_one"),
        (("hr_one",), True, (), "--all and names exclude each other: hr_one"),
        (("x*",), False, (), r"No module fits the pattern 'x\*'. Modules in"),
        (("old*",), False, (), "No module fits the pattern"),
        ((), True, ("*",), r"No module is left to test. All of them are excluded by \*\."),
        (("prob",), False, (), "There is no module 'prob'"),
        (("old",), False, (), "'installable': False"),
    ],
)
def test_a_request_for_nothing_is_refused(
    root: Path, names: tuple[str, ...], everything: bool, exclude: tuple[str, ...], words: str
) -> None:
    with pytest.raises(UsageError, match=words):
        selected(root, *names, everything=everything, exclude=exclude)


def test_a_checkout_without_modules_is_refused(addons: Path) -> None:
    with pytest.raises(UsageError, match=r"No module is left to test. No folder with a __manifest__.py"):
        selected(addons.parent, everything=True)


def test_a_module_with_a_broken_manifest_is_not_left_out_silently(root: Path) -> None:
    write_module(root / "addons", "broken", "{")
    assert "broken" in selected(root, everything=True).reasons


def test_names_and_patterns_narrow_down_what_has_changed(root: Path) -> None:
    git(root, "init", "--quiet")
    commit(root)
    for name in ("hr_one", "sale_one", "old"):
        (root / "addons" / name / "new.py").touch()
    assert selected(root, since="HEAD").reasons == {"hr_one": "changed: new.py", "sale_one": "changed: new.py"}
    assert list(selected(root, "hr_*", since="HEAD").reasons) == ["hr_one"]
    assert list(selected(root, since="HEAD", exclude=("hr_*",)).reasons) == ["sale_one"]


def test_if_nothing_has_changed_nothing_is_meant_and_that_is_no_mistake(root: Path) -> None:
    git(root, "init", "--quiet")
    commit(root)
    assert selected(root, since="HEAD") == Selection(reasons={})


def places(root: Path, *words: str) -> tuple[tuple[str, ...], dict[str, list[str]]]:
    request, choices = chosen(Request(names=words), Settings(root=root), Choice(keywords="x"))
    assert all(choice.keywords == "x" for choice in choices.values())
    return tuple(request.names), {name: [str(place) for place in choice.places] for name, choice in choices.items()}


def test_a_test_file_means_its_module_and_these_tests(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(root)
    words = ("addons/hr_one/tests/test_x.py::TestX::test_y", "addons/hr_one/tests/test_z.py:7", "sale_one")
    assert places(root, *words) == (
        ("sale_one", "hr_one"),
        {"hr_one": ["tests/test_x.py::TestX::test_y", "tests/test_z.py:7"]},
    )


@pytest.mark.parametrize("name", ["hr_one", "addons/hr_one/", "hr_*"])
def test_a_module_that_is_named_itself_is_meant_as_a_whole(root: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.chdir(root)
    assert places(root, name, f"{root}/addons/hr_one/tests/test_x.py")[1] == {}
    assert places(root, "gone", f"{root}/addons/hr_one/tests/test_x.py")[1] == {"hr_one": ["tests/test_x.py"]}


def test_names_and_patterns_stay_what_they_are(root: Path) -> None:
    assert places(root, "hr_*", "sale_one") == (("hr_*", "sale_one"), {})


def test_a_file_outside_of_every_module_is_refused(root: Path) -> None:
    with pytest.raises(UsageError, match=r"test_x.py' lies in the folder of no module. Modules in"):
        places(root, "elsewhere/test_x.py")


def test_all_names_that_cannot_be_tested_are_told_at_once(root: Path) -> None:
    with pytest.raises(UsageError) as refused:
        selected(root, "hr_on", "hr_two", "old", "x*")
    assert [line.partition("Modules in")[0] for line in str(refused.value).split("\n")] == [
        "There is no module 'hr_on'. Did you mean hr_one? ",
        f"{root}/addons/old/__manifest__.py says 'installable': False: Odoo would ignore old silently.",
        "No module fits the pattern 'x*'. ",
    ]


def test_a_broken_manifest_is_told_by_the_run_with_all_else_that_is_wrong(root: Path) -> None:
    write_module(root / "addons", "broken", "{")
    assert list(selected(root, "broken", "hr_one").reasons) == ["broken", "hr_one"]
