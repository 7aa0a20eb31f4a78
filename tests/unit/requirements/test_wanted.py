from __future__ import annotations

from pathlib import Path

import pytest

from hub_runner.checkout.closure import closure
from hub_runner.checkout.modules import catalogue
from hub_runner.errors import UsageError
from hub_runner.requirements.wanted import Wanted, wanted
from hub_runner.settings import Settings, load
from tests.conftest import write_module


def of(root: Path, manifest: str = "{'name': 'Probe'}", **flags: object) -> Wanted:
    write_module(root / "addons", "probe", manifest)
    settings = load(root, environ={}, flags=flags)
    modules = catalogue(settings.addons_folders)
    return wanted(settings, closure([modules.find("probe")], modules, ""))


def names(found: Wanted) -> list[str]:
    return [str(package.requirement) for package in found.python]


def test_a_module_without_requirements_wants_nothing(tmp_path: Path) -> None:
    assert not of(tmp_path)


def test_known_import_names_are_taken_for_their_distributions_and_others_as_they_are_written(tmp_path: Path) -> None:
    found = of(tmp_path, "{'name': 'Probe', 'external_dependencies': {'python': ['PIL', 'ldap', 'python-jose', 'foo']}}")
    assert names(found) == ["pillow", "python-ldap", "python-jose", "foo"]
    assert found.python[0].imported == "PIL"
    assert found.python[0].source.endswith("addons/probe/__manifest__.py")


def test_odoo_needs_packaging_to_read_a_version_range(tmp_path: Path) -> None:
    found = of(tmp_path, "{'name': 'Probe', 'external_dependencies': {'python': ['foo>=1.10.6']}}")
    assert names(found) == ["foo>=1.10.6", "packaging"]


def test_dependencies_of_the_checkout_count_and_neighbours_do_not(tmp_path: Path) -> None:
    write_module(tmp_path / "addons", "needed", "{'name': 'N', 'external_dependencies': {'python': ['foo']}}")
    write_module(tmp_path / "addons", "neighbour", "{'name': 'N', 'external_dependencies': {'python': ['bar']}}")
    assert names(of(tmp_path, "{'name': 'Probe', 'depends': ['needed']}")) == ["foo"]


def test_requirements_files_of_the_root_and_of_each_addons_folder_are_read_once(tmp_path: Path) -> None:
    (tmp_path / "test-requirements.txt").write_text("foo\n")
    (tmp_path / "addons").mkdir()
    (tmp_path / "addons" / "requirements.txt").write_text("bar\n")
    assert names(of(tmp_path, addons=["addons", "./addons"])) == ["foo", "bar"]


def test_what_ocas_tools_generate_from_all_manifests_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("# generated from manifests external_dependencies\nfoo\n")
    assert not of(tmp_path)


def test_the_setting_adds_packages_and_gives_import_names_their_distribution(tmp_path: Path) -> None:
    manifest = "{'name': 'Probe', 'external_dependencies': {'python': ['strange']}}"
    found = of(tmp_path, manifest, python_packages=["foo==1", "strange=not-so-strange>=2"])
    assert names(found) == ["foo==1", "not-so-strange>=2"]
    assert [package.explicit for package in found.python] == [True, False]


def test_the_setting_as_text_keeps_the_commas_of_version_ranges() -> None:
    settings = load(Path("/"), environ={"HUB_RUNNER_PYTHON_PACKAGES": "foo>=1,<2 bar"})
    assert settings.python_packages == ("foo>=1,<2", "bar")


@pytest.mark.parametrize(
    ("manifest", "words"),
    [
        ("{'external_dependencies': {'python': ['foo bar']}}", "'foo bar' is not a requirement of Python"),
        ("{'external_dependencies': ['foo']}", "must be a dictionary of lists"),
        ("{'external_dependencies': {'python': 'foo'}}", "must be a dictionary of lists"),
    ],
)
def test_a_manifest_that_cannot_be_understood_is_refused_by_name(tmp_path: Path, manifest: str, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        of(tmp_path, manifest)


def test_a_setting_that_is_no_requirement_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="the setting python-packages"):
        of(tmp_path, python_packages=["foo bar"])


def test_installing_is_on_by_default() -> None:
    assert Settings(root=Path("/")).install_requirements


@pytest.mark.parametrize("flag", [{"coverage": True}, {"coverage_fail_under": 80.0}, {"coverage_diff": "main"}])
def test_coverage_is_wanted_if_anything_asks_for_figures(tmp_path: Path, flag: dict[str, object]) -> None:
    found = of(tmp_path, "{'name': 'Probe'}", **flag)
    assert names(found) == ["coverage"]
    assert found.python[0].imported == "coverage", "an image that has any version of it needs nothing"
