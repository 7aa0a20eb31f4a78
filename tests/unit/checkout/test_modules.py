from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub_runner.checkout.modules import catalogue
from hub_runner.errors import UsageError
from tests.conftest import Nobody, write_module


def test_a_module_is_known_by_its_manifest(addons: Path) -> None:
    write_module(addons, "traction", '{"name": "Traction", "summary": "Rocks\\n  and issues", "version": "18.0.1.0.0"}')
    module = catalogue([addons]).find("traction")
    assert (module.summary, module.version, module.depends) == ("Rocks and issues", "18.0.1.0.0", ("base",))


def test_depends_may_stand_in_braces_because_odoo_goes_through_them(addons: Path) -> None:
    write_module(addons, "hub_rock", "{'name': 'Rock', 'depends': {'mail', 'base'}}")
    assert catalogue([addons]).find("hub_rock").depends == ("base", "mail")


def test_a_manifest_without_a_summary_is_listed_by_its_name(addons: Path) -> None:
    write_module(addons, "traction", '{"name": "Traction"}')
    assert list(catalogue([addons]).summaries()) == [("traction", "Traction")]


def test_an_unknown_module_is_answered_with_the_likeliest_one_and_the_list(addons: Path) -> None:
    write_module(addons, "traction")
    write_module(addons, "compliance")
    with pytest.raises(UsageError, match=r"no module 'tracton'\. Did you mean traction\?.*compliance, traction\."):
        catalogue([addons]).find("tracton")


def test_a_name_like_nothing_is_answered_with_the_list_alone(addons: Path) -> None:
    write_module(addons, "traction")
    with pytest.raises(UsageError) as refusal:
        catalogue([addons]).find("zzzzzz")
    assert "Did you mean" not in str(refusal.value)
    assert "traction" in str(refusal.value)


@pytest.mark.parametrize(
    "name",
    [
        "addons/traction",
        "../traction",
        "/etc",
        ".",
        "",
        " ",
        "a b",
        "traction;ls",
        "$(id)",
        "`id`",
        "-traction",
        "a\nb",
        "ä",
        "a,b",
    ],
)
def test_what_a_path_or_a_shell_could_make_something_of_is_no_name(addons: Path, name: str) -> None:
    write_module(addons, "traction")
    with pytest.raises(UsageError, match=r"is not a module name.*Modules in .*traction"):
        catalogue([addons]).find(name)


def test_a_folder_whose_name_no_module_may_have_is_refused_though_it_is_there(addons: Path) -> None:
    """It was said to be no module, and listed among the modules."""
    write_module(addons, "my-module")
    with pytest.raises(UsageError, match=r"addons/my-module: the name .* rename the folder, such as my_module\."):
        catalogue([addons]).find("my-module")
    with pytest.raises(UsageError, match=r"such as my_module\."):
        catalogue([addons]).find(str(addons / "my-module"))
    assert "my-module" not in catalogue([addons]).listing()


@pytest.mark.parametrize(("name", "better"), [("größe", ", such as groe"), ("測試", ""), ("a b.c", "such as a_b_c")])
def test_a_better_name_is_proposed_if_there_is_one(addons: Path, name: str, better: str) -> None:
    write_module(addons, name)
    with pytest.raises(UsageError) as refusal:
        catalogue([addons]).find(name)
    assert better in str(refusal.value)
    assert ("such as" in str(refusal.value)) == bool(better)


def test_a_name_in_other_capitals_is_answered_with_the_right_one(addons: Path) -> None:
    write_module(addons, "CRM_X")
    with pytest.raises(UsageError, match=r"Did you mean CRM_X\?"):
        catalogue([addons]).find("crm_x")


def test_a_manifest_of_old_is_named(addons: Path) -> None:
    """__init__.py was said to be meant."""
    folder = write_module(addons, "old")
    (folder / "__manifest__.py").rename(folder / "__openerp__.py")
    with pytest.raises(UsageError, match=r"has no __manifest__\.py\. Is __openerp__\.py meant to be it\?"):
        catalogue([addons]).find("old")


@pytest.mark.parametrize(
    ("manifest", "words"),
    [
        (
            "{'name': 'a',\n'summary': 'größe'}".encode("latin-1"),
            "line 2: the manifest is not written in UTF-8",
        ),
        ("{'name': 'a'}".encode("utf-16"), "line 1: the manifest is written in UTF-16"),
        (b"\xef\xbb\xbf{'name': 'a'}", "line 1: the manifest begins with a byte order mark"),
        (b"{'name': 'a'\n'depends': []}", "line 1: a comma is missing after 'a'"),
        (b"{'depends': ['base']\n\n# more\n'data': []}", "line 1: a comma is missing after ]"),
        (b"{'installable': True\n'data': []}", "line 1: a comma is missing after True"),
        (b"{'name': 'a',\n'depends' ['base']}", "line 2: the manifest has a syntax error"),
        (b"{'name': 'a' 'b': 1}", "line 1: the manifest has a syntax error"),
    ],
)
def test_what_keeps_a_manifest_from_being_read_is_named_at_its_line(addons: Path, manifest: bytes, words: str) -> None:
    (write_module(addons, "a") / "__manifest__.py").write_bytes(manifest)
    with pytest.raises(UsageError) as refusal:
        catalogue([addons]).find("a")
    assert words in str(refusal.value)


@given(st.text(max_size=20))
def test_no_name_does_anything_but_be_refused_where_there_are_no_modules(name: str) -> None:
    with pytest.raises(UsageError, match=r"No folder with a __manifest__\.py was found"):
        catalogue([Path("/nonexistent")]).find(name)


@pytest.mark.parametrize(
    ("manifest", "words"),
    [
        ('{\n"name": "A",\n"depends": [}\n', "line 3: the manifest has a syntax error"),
        ("{'name': 'a' + str(1)}", "must be one literal Python dictionary"),
        ("['a']", "must be a dictionary, not a list"),
        ("", "syntax error"),
        ("{'depends': 'mail'}", "'depends' must be a list of module names, not 'mail'"),
        ("{'depends': [1]}", "'depends' must be a list"),
        ("{" * 100_000, "manifest"),
        ("'\udcff'", "manifest"),
    ],
)
def test_a_manifest_that_is_none_is_refused_with_its_file(addons: Path, manifest: str, words: str) -> None:
    folder = write_module(addons, "broken")
    (folder / "__manifest__.py").write_bytes(manifest.encode(errors="surrogateescape"))
    with pytest.raises(UsageError, match=words) as refusal:
        catalogue([addons]).find("broken")
    assert str(folder / "__manifest__.py") in str(refusal.value)


@pytest.mark.parametrize("value", ["False", "0", "None"])
def test_a_module_that_odoo_would_ignore_silently_is_refused(addons: Path, value: str) -> None:
    write_module(addons, "old", f"{{'name': 'Old', 'installable': {value}}}")
    with pytest.raises(UsageError, match="'installable': False: Odoo would ignore old silently"):
        catalogue([addons]).find("old")


def test_a_broken_manifest_is_listed_and_breaks_nothing(addons: Path) -> None:
    write_module(addons, "broken", "{")
    write_module(addons, "traction")
    assert dict(catalogue([addons]).summaries()) == {"broken": "(its manifest cannot be read)", "traction": "A module"}


def test_the_first_addons_folder_wins(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    write_module(second, "traction", '{"summary": "second"}')
    write_module(first, "traction", '{"summary": "first"}')
    assert catalogue([first, second]).find("traction").summary == "first"


def test_the_choice_between_two_folders_of_one_name_is_named(tmp_path: Path) -> None:
    """V12: 182 folders of one name lay in one checkout, and nobody was told which one was tested."""
    folders = [write_module(tmp_path / f"part{number:03}", "traction") for number in range(182)]
    known = catalogue([folder.parent for folder in folders])
    (note,) = known.doubles(["traction", "other"])
    assert note.startswith(f"182 folders of the checkout are called traction. {folders[0]} is used, because it comes first")
    assert note.endswith(f"{folders[3]} and 178 more are not.")
    assert len(note) < 300 + 5 * len(str(tmp_path))


def test_a_path_to_a_folder_that_nobody_uses_is_refused(tmp_path: Path) -> None:
    """It stood for the folder of that name that comes first, so that other files were tested than those that were named."""
    first, second = (write_module(tmp_path / part, "traction") for part in ("first", "second"))
    known = catalogue([first.parent, second.parent])
    assert known.named(str(first)) == "traction"
    words = f"^{re.escape(str(second))} is not used, because {re.escape(str(first))} has the same name and comes first"
    with pytest.raises(UsageError, match=words):
        known.named(str(second))
    assert known.unused(second / "tests/test_rock.py").startswith(str(second / "tests/test_rock.py"))
    assert known.containing(second / "tests/test_rock.py") is None


@pytest.mark.parametrize("name", ["alias", "traction", "zalias"])
def test_of_a_folder_with_several_names_the_one_that_is_written_is_meant(
    addons: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    write_module(addons, "traction")
    for alias in ("alias", "zalias"):
        (addons / alias).symlink_to("traction")
    monkeypatch.chdir(addons.parent)
    known = catalogue([addons])
    assert known.named(f"addons/{name}/") == known.containing(Path(f"addons/{name}/__manifest__.py")) == name


def test_one_name_once_needs_no_note(addons: Path) -> None:
    write_module(addons, "traction")
    assert list(catalogue([addons]).doubles(["traction"])) == []


def test_neighbours_of_any_kind_do_not_matter_to_a_module(addons: Path) -> None:
    """V12."""
    write_module(addons, "probe")
    for number, manifest in enumerate(
        ("{", "", "\0", "-" * 100_000 + "1", "{'version': 'saas~19.2.1.0.5'}", "{'depends': 1}")
    ):
        write_module(addons, f"neighbour{number}", manifest)
    (addons / "a file").touch()
    (addons / "a_folder").mkdir()
    known = catalogue([addons])
    assert known.find("probe").summary == "A module"
    assert len(dict(known.summaries())) == 7


def test_an_addons_folder_that_is_a_module_itself_is_that_module(tmp_path: Path) -> None:
    """V12: a repository whose root is the module."""
    write_module(tmp_path, "traction")
    assert catalogue([tmp_path / "traction"]).find("traction").folder == tmp_path / "traction"


@pytest.mark.parametrize(
    "path", ["addons/traction", "addons/traction/", "./addons/../addons/traction", "{root}/addons/traction"]
)
def test_a_path_that_leads_to_a_module_stands_for_it(addons: Path, monkeypatch: pytest.MonkeyPatch, path: str) -> None:
    """U17: tab completion types it so."""
    monkeypatch.chdir(addons.parent)
    write_module(addons, "traction")
    assert catalogue([addons]).find(path.format(root=addons.parent)).name == "traction"


def test_standing_in_a_module_a_dot_stands_for_it(addons: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(write_module(addons, "traction"))
    assert catalogue([addons]).find(".").name == "traction"


def test_a_path_to_a_module_of_another_checkout_is_refused(
    addons: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write_module(addons, "traction")
    write_module(tmp_path / "elsewhere", "traction")
    with pytest.raises(UsageError, match="not the path of a module's folder"):
        catalogue([addons]).find("elsewhere/traction")


def test_a_module_may_be_a_link_to_a_folder_elsewhere(addons: Path, tmp_path: Path) -> None:
    elsewhere = write_module(tmp_path / "elsewhere", "traction")
    (addons / "traction").symlink_to(elsewhere)
    assert catalogue([addons]).find("traction").folder == addons / "traction"


def test_a_link_that_leads_nowhere_is_no_module(addons: Path) -> None:
    (addons / "gone").symlink_to("nowhere")
    assert catalogue([addons]).folders == {}


@pytest.mark.skipif(os.getuid() == 0, reason="root may read everything")
def test_a_manifest_that_may_not_be_read_is_named(addons: Path) -> None:
    (write_module(addons, "secret") / "__manifest__.py").chmod(0)
    with pytest.raises(UsageError, match="cannot be read: Permission denied"):
        catalogue([addons]).find("secret")


def test_a_long_list_of_modules_is_cut_and_counted(addons: Path) -> None:
    for number in range(45):
        write_module(addons, f"m{number:02}")
    assert catalogue([addons]).listing().endswith("m38, m39 and 5 more.")


@pytest.mark.skipif(os.getuid() != 0, reason="only root may act as somebody else")
@pytest.mark.parametrize(("mode", "folder"), [(0o644, "addons/secret"), (0o000, "addons/secret"), (0o000, "addons")])
def test_a_folder_that_may_not_be_entered_is_named(addons: Path, nobody: Nobody, mode: int, folder: str) -> None:
    write_module(addons, "secret")
    (addons.parent / folder).chmod(mode)
    said = nobody("modules.catalogue([Path(sys.argv[1])]).find('secret')", str(addons))
    assert "UsageError" in said
    assert "cannot be read: Permission denied." in said
    assert str(addons.parent / folder) in said


@pytest.mark.skipif(os.getuid() != 0, reason="only root may act as somebody else")
def test_a_folder_of_the_systems_own_is_no_module(addons: Path, nobody: Nobody) -> None:
    for name in ("lost+found", ".cache"):
        (addons / name).mkdir(mode=0o700)
    write_module(addons, "traction")
    words = "print(*modules.catalogue([Path(sys.argv[1])]).folders)"
    assert nobody(words, str(addons)) == "traction\n"


def test_all_that_can_be_installed_are_all_but_those_that_say_they_cannot(addons: Path) -> None:
    write_module(addons, "one")
    write_module(addons, "old", "{'installable': False}")
    write_module(addons, "my-module")
    assert [module.name for module in catalogue([addons]).installable()] == ["one"]
    write_module(addons, "broken", "{")
    with pytest.raises(UsageError, match="broken/__manifest__"):
        catalogue([addons]).installable()


@pytest.mark.parametrize("path", ["library", "addons/library/"])
def test_a_folder_without_a_manifest_is_named_with_what_may_be_meant(
    addons: Path, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    monkeypatch.chdir(addons.parent)
    (addons / "library").mkdir()
    with pytest.raises(UsageError, match=r"addons/library is no module: it has no __manifest__\.py\.$"):
        catalogue([addons]).find(path)
    (addons / "library" / "_manifest__.py").touch()
    with pytest.raises(UsageError, match=r"it has no __manifest__\.py\. Is _manifest__\.py meant to be it\?$"):
        catalogue([addons]).find(path)


def test_a_module_that_lies_one_folder_too_deep_is_named(addons: Path) -> None:
    write_module(addons / "library", "library")
    with pytest.raises(UsageError, match=r"it has no __manifest__\.py\. \S+/library/library has one: is it the module, one"):
        catalogue([addons]).find("library")
