from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from docker.errors import APIError, ImageNotFound

from hub_runner.engine.images import DB, ODOO, Pull, ensure, pick, present, refusal
from hub_runner.errors import EnvironmentFailure, UsageError
from hub_runner.settings import Settings
from tests.unit.engine.fake import says

DEFAULTS = Settings(root=Path("/checkout"))


def test_the_images_of_the_settings_are_used_where_they_are_here() -> None:
    chosen = pick(DEFAULTS, {"odoo:18.0", "postgres:17", ODOO.reference, DB.reference}.__contains__)
    assert (chosen.odoo, chosen.db, chosen.stand_in) == ("odoo:18.0", "postgres:17", None)


def test_an_image_that_is_nowhere_is_left_to_be_pulled() -> None:
    chosen = pick(DEFAULTS, set[str]().__contains__)
    assert (chosen.odoo, chosen.db, chosen.stand_in) == ("odoo:18.0", "postgres:17", None)


def test_a_stand_in_takes_the_place_of_a_missing_default_and_says_which_odoo_is_tested() -> None:
    chosen = pick(DEFAULTS, {ODOO.reference, "postgres:17"}.__contains__)
    assert (chosen.odoo, chosen.db) == ("hub-runner/odoo:19.0", "postgres:17")
    assert chosen.stand_in == (
        "odoo:18.0 is not here and could not be pulled: tested on hub-runner/odoo:19.0 (Odoo 19.0 from Debian's packages)"
    )


def test_both_stand_ins_are_named() -> None:
    chosen = pick(DEFAULTS, {ODOO.reference, DB.reference}.__contains__)
    assert chosen.stand_in is not None
    assert chosen.stand_in.startswith(
        "odoo:18.0 and postgres:17 are not here and could not be pulled: tested on hub-runner/odoo:19.0"
    )
    assert "and hub-runner/postgres:17 (PostgreSQL 17" in chosen.stand_in


@pytest.mark.parametrize("given", [{"odoo_image": "odoo:17.0"}, {"fallback_images": False}])
def test_no_stand_in_for_an_image_that_was_asked_for_by_name_nor_where_they_are_forbidden(given: dict[str, str]) -> None:
    chosen = pick(Settings(root=Path("/checkout"), **given), {ODOO.reference}.__contains__)  # type: ignore[arg-type]
    assert chosen.odoo != ODOO.reference
    assert chosen.stand_in is None


@pytest.mark.parametrize(
    ("words", "advice"),
    [
        ('Get "https://registry/v2/": dial tcp: lookup registry: no such host', "No registry is reached"),
        ("dial tcp 192.0.2.1:443: connect: connection refused", "No registry is reached"),
        ("no answer within 45 s (time limit)", "No registry is reached"),
        ("pull access denied for x, repository does not exist or may require 'docker login'", "`docker login` first"),
        ("manifest for odoo:99 not found: manifest unknown", "There is no such image: look at"),
        ("write /var/lib/docker/tmp/x: no space left on device", "disk is full"),
        ("toomanyrequests: You have reached your pull rate limit", "try again later"),
        ("invalid reference format", "not the name of an image"),
    ],
)
def test_a_refusal_names_the_image_the_words_of_the_registry_and_what_to_do(words: str, advice: str) -> None:
    said = refusal("odoo:18.0", words)
    assert said.startswith("The image odoo:18.0 could not be pulled: ")
    assert words in said
    assert advice in said


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("invalid reference format: repository name must be lowercase", UsageError),
        ("layer does not exist", EnvironmentFailure),
    ],
)
def test_a_text_that_is_the_name_of_no_image_is_a_wrong_setting(words: str, kind: type[Exception]) -> None:
    """No second try, and no other machine, would take it."""
    client: Any = SimpleNamespace(images=SimpleNamespace(get=lambda _: raised(APIError("400", explanation=words))))
    with pytest.raises(kind, match=words):
        present(client, "Odoo:18.0")


def raised(error: Exception) -> None:
    raise error


class Nothing:
    """An engine that has no image."""

    @property
    def images(self) -> Nothing:
        return self

    def get(self, reference: str) -> None:
        raise ImageNotFound(reference)


def test_an_image_is_pulled_for_the_platform_that_the_compose_file_names(docker: Path, tmp_path: Path) -> None:
    """On another kind of machine the engine took its own, with which compose then did not start the service."""
    environ = says(docker, "", 0)
    (docker / "docker").write_text(f'#!/bin/sh\necho "$@" >> {tmp_path}/asked\n', encoding="utf-8")
    for platform in ("linux/amd64", ""):
        ensure(cast(Any, Nothing()), "odoo:18.0", progress=print, timeout=9, environ=environ, platform=platform)
    assert (tmp_path / "asked").read_text() == "pull --platform linux/amd64 odoo:18.0\npull odoo:18.0\n"


def test_progress_counts_the_layers_that_have_come_wherever_the_output_is_cut() -> None:
    pull = Pull()
    output = (
        b"18.0: Pulling from library/odoo\n0123456789ab: Pulling fs layer\n1123456789ab: Pulling fs layer\n"
        b"2123456789ab: Already exists\n0123456789ab: Download complete\n0123456789ab: Pull complete\n1123456789ab: Ver"
    )
    for cut in range(0, len(output), 7):
        pull.add(output[cut : cut + 7])
    assert str(pull) == "2 of 3 layers are here"


def test_a_pull_before_its_first_layer_is_asking() -> None:
    assert str(Pull()) == "asking the registry"
