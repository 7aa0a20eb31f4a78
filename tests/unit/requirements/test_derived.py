from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from packaging.version import Version

from hub_runner.requirements.archives import Source
from hub_runner.requirements.derived import dockerfile
from hub_runner.requirements.fetch import Fetched
from hub_runner.requirements.recipe import Recipe

WHEELS = Fetched(folder=Path("/f"), versions={"foo": "1.0", "bar": "2"}, sources=(), names=frozenset({"foo", "bar"}))
SOURCE = Source(path=Path("/f/sources/bar-2.tar.gz"), name="bar", version=Version("2"), requires=(), build=())


def test_wheels_are_added_without_a_network_and_the_images_user_comes_back() -> None:
    text = dockerfile("odoo:18.0", WHEELS, user="odoo", own_pip=True)
    assert text.startswith("FROM odoo:18.0 AS base\nUSER root\n")
    assert text.endswith(" bar==2 foo==1.0\nUSER odoo\n")
    commands = [line for line in text.splitlines() if line.startswith("RUN")]
    assert len(commands) == 1
    assert all("--network=none" in line and "--no-index" in line and "--isolated" in line for line in commands)


def test_a_source_is_built_in_a_stage_of_its_own_which_is_thrown_away() -> None:
    text = dockerfile("odoo:18.0", replace(WHEELS, sources=(SOURCE,)), user="root", own_pip=False)
    stages = [line for line in text.splitlines() if line.startswith("FROM")]
    assert stages == ["FROM odoo:18.0 AS base", "FROM base AS built", "FROM base"]
    commands = [line for line in text.splitlines() if line.startswith("RUN")]
    assert " wheel --no-index " in commands[0]
    assert "/sources/bar-2.tar.gz" in commands[0]
    assert "/sources/" not in commands[1]
    assert all("--network=none" in line for line in commands)
    assert "PYTHONPATH" not in text


def test_the_key_depends_on_all_that_decides_the_contents_and_not_on_the_order() -> None:
    recipe = Recipe(base="sha256:1", packages=("foo", "bar"))
    assert recipe.key == replace(recipe, packages=("bar", "foo")).key
    others = (
        replace(recipe, base="sha256:2"),
        replace(recipe, packages=("foo",)),
        replace(recipe, options=("--pre",)),
        replace(recipe, constraints=("bar<2",)),
    )
    assert len({recipe.key, *(other.key for other in others)}) == 5
