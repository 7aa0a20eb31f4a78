from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from packaging.version import Version

from hub_runner.requirements.archives import Source
from hub_runner.requirements.derived_image import failure
from hub_runner.requirements.fetch import Fetched
from hub_runner.requirements.recipe import Recipe

WHEELS = Fetched(folder=Path("/f"), versions={"foo": "1.0", "bar": "2"}, sources=(), names=frozenset({"foo", "bar"}))
SOURCE = Source(path=Path("/f/sources/bar-2.tar.gz"), name="bar", version=Version("2"), requires=(), build=())


def test_the_key_depends_on_all_that_decides_the_contents_and_not_on_the_order() -> None:
    recipe = Recipe(base="sha256:1", packages=("foo", "bar"))
    assert recipe.key == replace(recipe, packages=("bar", "foo")).key
    others = (
        replace(recipe, base="sha256:2"),
        replace(recipe, packages=("foo",)),
        replace(recipe, system=("x",)),
        replace(recipe, options=("--pre",)),
        replace(recipe, constraints=("bar<2",)),
    )
    assert len({recipe.key, *(other.key for other in others)}) == 6


SAID = """#6 2.301 Reading package lists...
#6 2.402 E: Unable to locate package frob
ERROR: failed to solve
"""


def test_a_package_that_the_images_sources_do_not_have_is_named() -> None:
    error = failure(100, SAID, Recipe(base="", system=("frob",)), Fetched(folder=Path("/f")), 60)
    assert (error.return_code, str(error).count("have no frob. Correct")) == (2, 1)


def test_a_package_source_that_does_not_answer_is_named() -> None:
    said = "#6 9.1 E: Failed to fetch http://deb.example/pool/x.deb  Could not connect\n"
    error = failure(100, said, Recipe(base="", system=("x",)), Fetched(folder=Path("/f")), 60)
    assert error.return_code == 4
    assert "does not answer: E: Failed to fetch http://deb.example/pool/x.deb" in str(error)


def test_a_source_that_cannot_be_built_shows_what_its_build_printed() -> None:
    said = "#7 1.0 building\n#7 1.1 error: command 'gcc' failed\nERROR: failed to solve: long command\n"
    error = failure(1, said, Recipe(base=""), replace(WHEELS, sources=(SOURCE,)), 60)
    assert error.return_code == 4
    assert "bar had to be built from source" in str(error)
    assert str(error).endswith("    building\n    error: command 'gcc' failed")


@pytest.mark.parametrize(
    ("code", "said", "words"), [(None, "", "longer than 60 s"), (1, "buildx is missing", "docker-buildx")]
)
def test_what_keeps_an_image_from_being_built_is_said(code: int | None, said: str, words: str) -> None:
    error = failure(code, said, Recipe(base=""), WHEELS, 60)
    assert error.return_code == 4
    assert words in str(error)


def test_an_image_for_one_run_alone_has_a_key_of_its_own_and_leaves_that_of_the_others_as_it_was() -> None:
    shared = Recipe(base="sha256:1", packages=("foo",))
    own = replace(shared, only_for="hub-agent-test-traction-1-aaaa")
    assert own.key != shared.key
    assert shared.key == "6bc2e7d914d6dbfe1d9102914db74f76"
