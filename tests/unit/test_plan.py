from __future__ import annotations

from pathlib import Path

import pytest

from hub_runner.checkout.manifest_text import ManifestError
from hub_runner.engine.composefile import compose_file, compose_folder
from hub_runner.errors import EnvironmentFailure, UsageError
from hub_runner.plan import plans
from hub_runner.settings import Settings
from tests.conftest import write_module

NAME = Settings.compose_file


def test_the_repositorys_own_compose_file_is_used(tmp_path: Path) -> None:
    (tmp_path / NAME).touch()
    settings = Settings(root=tmp_path)
    assert (compose_file(settings), compose_folder(settings)) == (tmp_path / NAME, tmp_path)


def test_a_repository_without_one_uses_ours_in_its_own_folder(tmp_path: Path) -> None:
    settings = Settings(root=tmp_path)
    assert compose_file(settings).read_text(encoding="utf-8").count("healthcheck:") == 2
    assert compose_folder(settings) == tmp_path


def test_one_that_is_named_and_missing_is_not_replaced_by_ours(tmp_path: Path) -> None:
    settings = Settings(root=tmp_path, compose_file="docker/test.yml")
    assert compose_file(settings) == tmp_path / "docker" / "test.yml"


def test_paths_in_a_compose_file_start_beside_it(tmp_path: Path) -> None:
    (tmp_path / "docker").mkdir()
    (tmp_path / "docker" / "test.yml").touch()
    assert compose_folder(Settings(root=tmp_path, compose_file="docker/test.yml")) == tmp_path / "docker"


@pytest.mark.parametrize(
    ("name", "settings", "words"),
    [
        ("no_such", {}, "There is no module"),
        ("probe", {"test_tags": "a b"}, "is not a test tag"),
        ("probe", {"test_tags": "/other"}, "this run tests probe"),
        ("probe", {"compose_file": "gone.yml"}, "There is no compose file"),
    ],
)
def test_what_is_wrong_is_refused_before_docker_is_touched(
    addons: Path, monkeypatch: pytest.MonkeyPatch, name: str, settings: dict[str, str], words: str
) -> None:
    write_module(addons, "probe")
    monkeypatch.setenv("PATH", "")
    with pytest.raises(UsageError, match=words):
        plans([name], Settings(root=addons.parent, **settings), command=())  # type: ignore[arg-type]


def test_all_modules_that_cannot_be_read_are_named_at_once(addons: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_module(addons, "a", "{'name': 'A'")
    write_module(addons, "b", "{'depends': 'base'}")
    write_module(addons, "good")
    monkeypatch.setenv("PATH", "")  # what is wrong with a module comes before what is wrong with this machine
    with pytest.raises(UsageError) as refused:
        plans(["a", "good", "b", "c", "c"], Settings(root=addons.parent), command=())
    first, second, third = str(refused.value).split("\n")
    assert "a/__manifest__.py, line 1: the manifest has a syntax error" in first
    assert "b/__manifest__.py: 'depends' must be a list" in second
    assert "There is no module 'c'" in third


def test_one_refusal_stays_what_it_is(addons: Path) -> None:
    write_module(addons, "a", "{'name': 'A'")
    with pytest.raises(ManifestError):
        plans(["a", "a"], Settings(root=addons.parent), command=())


def test_without_a_refusal_the_machine_is_told_of(addons: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_module(addons, "good")
    monkeypatch.setenv("PATH", "")
    with pytest.raises(EnvironmentFailure):
        plans(["good"], Settings(root=addons.parent), command=())
