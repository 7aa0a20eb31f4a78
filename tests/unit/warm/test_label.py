"""What the label of a prepared database may say, and what it must not keep."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from hub_runner.engine.container import Config
from hub_runner.warm.label import anonymous, checked
from tests.unit.warm.labels import label_of
from tests.unit.warm.test_recipe import RECIPE


def test_a_label_as_the_workshop_writes_it_is_sound() -> None:
    label = label_of(RECIPE, seconds=12.5, filestore="/var/lib/odoo/filestore/hub_runner_test", parent="0" * 32)
    assert checked(json.dumps(label), RECIPE.key) == json.loads(json.dumps(label))


def test_a_label_that_is_nested_without_an_end_is_none() -> None:
    assert checked("[" * 100_000, RECIPE.key) is None


@pytest.mark.parametrize("part", [{"languages": ("fr_FR\n",)}, {"day": "tomorrow"}, {"day": 7}], ids=str)
def test_a_recipe_that_is_odd_is_none_whatever_its_key(part: dict[str, object]) -> None:
    odd = replace(RECIPE, **part)  # type: ignore[arg-type]  # on purpose
    assert checked(json.dumps(label_of(odd)), odd.key) is None


@pytest.mark.parametrize(
    "change",
    [
        {"family": "another"},
        {"modules": ["base"]},
        {"modules": [*RECIPE.modules, "::error::made\nup"]},
        {"names": []},
        {"names": ["\x1b[2J"]},
        {"names": 5},
        {"below": "much"},
        {"seconds": "long"},
        {"parent": "not a key"},
        {"filestore": "/var/lib/odoo/filestore/$(x)"},
        {"origin": "registry.example.org/x\nPASSED"},
    ],
    ids=str,
)
def test_a_label_that_says_anything_odd_is_none(change: dict[str, object]) -> None:
    assert checked(json.dumps(label_of(RECIPE, **change)), RECIPE.key) is None


def test_an_image_keeps_nothing_of_the_compose_files_labels_and_variables() -> None:
    """A commit hands on all that the container has, and can make it empty only: a shared image opens nothing to anybody."""
    base: Config = {"Env": ["PATH=/bin", "PGDATA=/data"], "Labels": {"maintainer": "somebody"}}
    container: Config = {
        "Env": ["PATH=/bin", "PGDATA=/elsewhere", "POSTGRES_PASSWORD=of-one-run", "TOKEN=of-the-repository"],
        "Labels": {"maintainer": "somebody", "com.docker.compose.project": "hub-agent-test-probe-1-abcd", "token": "secret"},
    }
    assert anonymous(container, base) == {
        "Labels": {"maintainer": "somebody", "com.docker.compose.project": "", "token": ""},
        "Env": ["PGDATA=/data", "POSTGRES_PASSWORD=", "TOKEN="],
    }
