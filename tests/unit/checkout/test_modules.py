from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub_runner.checkout import modules
from hub_runner.errors import UsageError
from tests.conftest import Nobody, write_module


def test_a_module_is_known_by_its_manifest(addons: Path) -> None:
    write_module(addons, "traction", '{"name": "Traction", "summary": "Rocks\\n  and issues", "version": "18.0.1.0.0"}')
    module = modules.find("traction", (addons,))
    assert (module.summary, module.version, module.depends) == ("Rocks and issues", "18.0.1.0.0", ("base",))


def test_a_manifest_without_a_summary_is_listed_by_its_name(addons: Path) -> None:
    write_module(addons, "traction", '{"name": "Traction"}')
    assert list(modules.discover((addons,))) == [("traction", "Traction")]


def test_an_unknown_module_is_answered_with_the_likeliest_one_and_the_list(addons: Path) -> None:
    write_module(addons, "traction")
    write_module(addons, "compliance")
    with pytest.raises(UsageError, match=r"no module 'tracton'\. Did you mean traction\?.*compliance, traction\."):
        modules.find("tracton", (addons,))


def test_a_name_like_nothing_is_answered_with_the_list_alone(addons: Path) -> None:
    write_module(addons, "traction")
    with pytest.raises(UsageError) as refusal:
        modules.find("zzzzzz", (addons,))
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
        modules.find(name, (addons,))


def test_a_folder_whose_name_no_module_may_have_is_refused_though_it_is_there(addons: Path) -> None:
    write_module(addons, "my-module")
    with pytest.raises(UsageError, match="is not a module name"):
        modules.find("my-module", (addons,))


@given(st.text(max_size=20))
def test_no_name_does_anything_but_be_refused_where_there_are_no_modules(name: str) -> None:
    with pytest.raises(UsageError, match=r"No folder with a __manifest__\.py was found"):
        modules.find(name, (Path("/nonexistent"),))


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
        modules.find("broken", (addons,))
    assert str(folder / "__manifest__.py") in str(refusal.value)


@pytest.mark.parametrize("value", ["False", "0", "None"])
def test_a_module_that_odoo_would_ignore_silently_is_refused(addons: Path, value: str) -> None:
    write_module(addons, "old", f"{{'name': 'Old', 'installable': {value}}}")
    with pytest.raises(UsageError, match="'installable': False: Odoo would ignore old silently"):
        modules.find("old", (addons,))


def test_a_broken_manifest_is_listed_and_breaks_nothing(addons: Path) -> None:
    write_module(addons, "broken", "{")
    write_module(addons, "traction")
    assert dict(modules.discover((addons,))) == {"broken": "(its manifest cannot be read)", "traction": "A module"}


def test_the_first_addons_folder_wins(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    write_module(second, "traction", '{"summary": "second"}')
    write_module(first, "traction", '{"summary": "first"}')
    assert modules.find("traction", (first, second)).summary == "first"


def test_a_module_may_be_a_link_to_a_folder_elsewhere(addons: Path, tmp_path: Path) -> None:
    elsewhere = write_module(tmp_path / "elsewhere", "traction")
    (addons / "traction").symlink_to(elsewhere)
    assert modules.find("traction", (addons,)).folder == addons / "traction"


def test_a_link_that_leads_nowhere_is_no_module(addons: Path) -> None:
    (addons / "gone").symlink_to("nowhere")
    assert modules.folders((addons,)) == {}


@pytest.mark.skipif(os.getuid() == 0, reason="root may read everything")
def test_a_manifest_that_may_not_be_read_is_named(addons: Path) -> None:
    (write_module(addons, "secret") / "__manifest__.py").chmod(0)
    with pytest.raises(UsageError, match="cannot be read: Permission denied"):
        modules.find("secret", (addons,))


def test_a_long_list_of_modules_is_cut_and_counted(addons: Path) -> None:
    for number in range(45):
        write_module(addons, f"m{number:02}")
    assert modules.listing((addons,)).endswith("m38, m39 and 5 more.")


@pytest.mark.skipif(os.getuid() != 0, reason="only root may act as somebody else")
@pytest.mark.parametrize(("mode", "folder"), [(0o644, "addons/secret"), (0o000, "addons/secret"), (0o000, "addons")])
def test_a_folder_that_may_not_be_entered_is_named(addons: Path, nobody: Nobody, mode: int, folder: str) -> None:
    write_module(addons, "secret")
    (addons.parent / folder).chmod(mode)
    said = nobody("modules.find('secret', (Path(sys.argv[1]),))", str(addons))
    assert "UsageError" in said
    assert "cannot be read: Permission denied." in said
    assert str(addons.parent / folder) in said


@pytest.mark.skipif(os.getuid() != 0, reason="only root may act as somebody else")
def test_a_folder_of_the_systems_own_is_no_module(addons: Path, nobody: Nobody) -> None:
    for name in ("lost+found", ".cache"):
        (addons / name).mkdir(mode=0o700)
    write_module(addons, "traction")
    words = "print(*modules.folders((Path(sys.argv[1]),)))"
    assert nobody(words, str(addons)) == "traction\n"
