from pathlib import Path

import pytest

from hub_runner.engine.images import DB, ODOO, pick
from hub_runner.settings import Settings

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
