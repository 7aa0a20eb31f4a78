"""The key of a prepared database misses nothing: whatever changes what it holds makes another one."""

from __future__ import annotations

import copy
import datetime as dt
import errno
import os
from dataclasses import fields, replace
from pathlib import Path
from typing import Any, cast

import pytest

from hub_runner.engine.environment import Environment
from hub_runner.engine.model import PLACEHOLDER, Service
from hub_runner.errors import EnvironmentFailure
from hub_runner.settings import Settings, load
from hub_runner.warm import recipe
from hub_runner.warm.recipe import Recipe, contents, recipe_of
from tests.conftest import write_module
from tests.unit.warm.worlds import MODEL, World, world

RECIPE = Recipe(
    odoo="sha256:odoo",
    db="sha256:db",
    modules=("base", "mail", "web"),
    demo=True,
    languages=("fr_FR",),
    assets=False,
    odoo_args="sha of the arguments",
    services="{}",
    day="2025-01-31",
    program="abc",
)
OTHERS: dict[str, Any] = {
    "odoo": "sha256:other",
    "db": "sha256:other",
    "modules": ("base", "mail"),
    "demo": False,
    "languages": ("fr_FR", "nl_NL"),
    "assets": True,
    "odoo_args": "",
    "services": '{"db": {}}',
    "day": "2025-02-01",
    "program": "abd",
    "format": 0,
}


def test_each_part_of_a_recipe_has_another_value_here() -> None:
    assert set(OTHERS) == {field.name for field in fields(Recipe)}


@pytest.mark.parametrize("part", OTHERS)
def test_each_part_of_a_recipe_makes_another_key(part: str) -> None:
    assert replace(RECIPE, **{part: OTHERS[part]}).key != RECIPE.key


def test_a_family_has_one_name_whatever_its_modules_and_assets_are() -> None:
    bigger = RECIPE.holding(frozenset({"base", "mail", "web", "sale"}), assets=True)
    assert bigger.family == RECIPE.family
    assert bigger.key != RECIPE.key


@pytest.mark.parametrize("part", sorted(set(OTHERS) - {"modules", "assets"}))
def test_every_other_part_makes_another_family(part: str) -> None:
    assert replace(RECIPE, **{part: OTHERS[part]}).family != RECIPE.family


def test_the_same_recipe_has_the_same_key() -> None:
    assert replace(RECIPE).key == RECIPE.key


def test_a_key_fits_into_the_tag_of_an_image() -> None:
    assert RECIPE.key.isalnum()
    assert len(RECIPE.key) == 32


def key(it: World, today: dt.date | None = None) -> str:
    modules = frozenset({"base", *it.plan.closure.core})
    return recipe_of(it.plan, it.environment, modules, today or dt.date(2025, 1, 31)).key


def test_two_runs_of_the_same_things_share_a_database(tmp_path: Path) -> None:
    assert key(world(tmp_path / "a", password="one")) == key(world(tmp_path / "b", password="two"))


def test_another_run_another_port_and_other_labels_share_a_database(tmp_path: Path) -> None:
    other = copy.deepcopy(MODEL)
    other["services"]["odoo"] |= {"ports": [{"published": "8099", "target": 8069}], "labels": {"hub-runner.run": "x"}}
    assert key(world(tmp_path / "a")) == key(world(tmp_path / "b", model=other))


def test_another_odoo_image_makes_another_database_even_under_the_same_name(tmp_path: Path) -> None:
    digests = {"odoo:18.0": "sha256:newer"}
    assert key(world(tmp_path / "a")) != key(world(tmp_path / "b", digests=digests))


def test_another_postgres_image_makes_another_database_even_under_the_same_name(tmp_path: Path) -> None:
    digests = {"postgres:17": "sha256:newer"}
    assert key(world(tmp_path / "a")) != key(world(tmp_path / "b", digests=digests))


def test_another_dependency_makes_another_database(tmp_path: Path) -> None:
    assert key(world(tmp_path / "a")) != key(world(tmp_path / "b", depends="'mail', 'hr'"))


@pytest.mark.parametrize(
    "setting", [{"demo": "false"}, {"languages": "fr_FR"}, {"odoo_args": "--load=base,web"}], ids=lambda it: next(iter(it))
)
def test_another_setting_makes_another_database(tmp_path: Path, setting: dict[str, Any]) -> None:
    assert key(world(tmp_path / "a")) != key(world(tmp_path / "b", **setting))


def test_tests_that_ask_for_pages_make_another_database(tmp_path: Path) -> None:
    http = "class TestPage(HttpCase):\n    def test_page(self): ...\n"
    assert key(world(tmp_path / "a")) != key(world(tmp_path / "b", tests=http))


@pytest.mark.parametrize(
    ("service", "change"),
    [
        ("db", {"environment": {"POSTGRES_USER": "other", "POSTGRES_PASSWORD": PLACEHOLDER}}),
        (
            "db",
            {
                "environment": {
                    "POSTGRES_USER": "odoo",
                    "POSTGRES_PASSWORD": PLACEHOLDER,
                    "POSTGRES_INITDB_ARGS": "--locale=C",
                }
            },
        ),
        ("db", {"command": ["postgres", "-c", "wal_level=minimal"]}),
        ("db", {"user": "999"}),
        ("odoo", {"environment": {"HOST": "db", "PASSWORD": PLACEHOLDER, "ODOO_RC": "/etc/other.conf"}}),
        ("odoo", {"volumes": [{"type": "volume", "source": "odoo-data", "target": "/elsewhere"}]}),
        ("odoo", {"a key that nobody has thought of": 1}),
    ],
    ids=lambda it: it if isinstance(it, str) else " ".join(it),
)
def test_another_compose_file_makes_another_database(tmp_path: Path, service: str, change: dict[str, Any]) -> None:
    other = copy.deepcopy(MODEL)
    other["services"][service] |= cast(Service, change)
    assert key(world(tmp_path / "a")) != key(world(tmp_path / "b", model=other))


def test_with_demo_data_another_day_makes_another_database(tmp_path: Path) -> None:
    it = world(tmp_path)
    assert key(it, dt.date(2025, 1, 31)) != key(it, dt.date(2025, 2, 1))


def test_without_demo_data_a_database_serves_on_any_day(tmp_path: Path) -> None:
    it = world(tmp_path, demo="false")
    assert key(it, dt.date(2025, 1, 31)) == key(it, dt.date(2025, 2, 1))


def test_the_program_that_prepares_is_part_of_the_recipe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    it = world(tmp_path)
    before = key(it)
    monkeypatch.setattr(recipe, "preparation", lambda: b"another program")
    assert key(it) != before


def test_no_password_stands_in_a_recipe(tmp_path: Path) -> None:
    it = world(tmp_path, password="secret-of-the-run")
    assert "secret-of-the-run" not in recipe_of(it.plan, it.environment, frozenset()).services


def test_a_mounted_folder_counts_by_its_contents_and_not_by_its_path(tmp_path: Path) -> None:
    for name, text in (("a", "one"), ("b", "one"), ("c", "two")):
        write_module(tmp_path / name, "enterprise", text)
    digests = [contents(tmp_path / name) for name in "abc"]
    assert digests[0] == digests[1] != digests[2]


def test_a_renamed_file_in_a_mounted_folder_makes_another_database(tmp_path: Path) -> None:
    write_module(tmp_path / "a", "one")
    before = contents(tmp_path)
    (tmp_path / "a" / "one").rename(tmp_path / "a" / "two")
    assert contents(tmp_path) != before


@pytest.mark.parametrize("folder", [True, False], ids=["to a folder", "to a file"])
def test_a_link_in_a_mounted_folder_counts_by_where_it_leads(tmp_path: Path, folder: bool) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir() if folder else (tmp_path / name).write_text("same")
    link = tmp_path / "link"
    link.symlink_to("one")
    before = contents(tmp_path)
    link.unlink()
    link.symlink_to("two")
    assert contents(tmp_path) != before


def test_what_runs_git_and_python_write_into_a_mounted_checkout_does_not_count(tmp_path: Path) -> None:
    write_module(tmp_path, "enterprise")
    (tmp_path / ".hub-runner" / "runs").mkdir(parents=True)
    before = contents(tmp_path)
    written = ("result.json", "junit.xml", "proof.json", "report.html", "batch.json", "coverage.xml", "htmlcov/index.html")
    for name in (".hub-runner/runs/log", ".git/index", "enterprise/__pycache__/x.pyc", *written):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("new")
    assert contents(tmp_path) == before
    (tmp_path / "enterprise" / "result.json").write_text("a module's own")
    assert contents(tmp_path) != before


def test_a_mounted_file_counts_by_its_contents(tmp_path: Path) -> None:
    path = tmp_path / "odoo.conf"
    path.write_text("[options]\n")
    before = contents(path)
    path.write_text("[options]\nserver_wide_modules = base,web,rpc\n")
    assert contents(path) != before


def test_a_mount_that_is_itself_a_link_counts_by_the_contents_behind_it(tmp_path: Path) -> None:
    path, link = tmp_path / "odoo.conf", tmp_path / "link"
    path.write_text("[options]\n")
    link.symlink_to(path)
    before = contents(link)
    path.write_text("[options]\nserver_wide_modules = base,web,rpc\n")
    assert contents(link) != before


def test_the_world_of_these_tests_has_the_types_of_the_real_one(tmp_path: Path) -> None:
    it = world(tmp_path)
    assert isinstance(it.environment, Environment)
    assert isinstance(it.plan.settings, Settings)
    assert load(tmp_path).root == it.plan.settings.root


def test_a_mounted_folder_that_cannot_be_read_is_no_empty_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scandir = os.scandir

    def refusing(path: str) -> Any:
        if Path(path).name == "closed":
            raise PermissionError(errno.EACCES, "Permission denied", path)
        return scandir(path)

    (tmp_path / "closed").mkdir()
    monkeypatch.setattr(os, "scandir", refusing)
    with pytest.raises(EnvironmentFailure, match="closed, which the compose file mounts, cannot be read here: Permission"):
        contents(tmp_path)
