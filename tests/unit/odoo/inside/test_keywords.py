from __future__ import annotations

import pytest

from hub_runner.odoo.inside.keywords import compiled

NAMES = ("test_rock", "TestRock", "test_escalates_to_the_lead")


@pytest.mark.parametrize(
    ("expression", "fits"),
    [
        ("rock", True),
        ("ROCK", True),
        ("pebble", False),
        ("not rock", False),
        ("not not rock", True),
        ("rock and escalates", True),
        ("rock and pebble", False),
        ("pebble or rock", True),
        ("pebble or rock and escalates", True),
        ("rock or pebble and escalates", True),
        ("(rock or pebble) and not lead", False),
        ("rock and not (pebble or slow)", True),
        ("TestRock.test", False),
    ],
)
def test_a_name_fits_as_a_part_of_file_class_or_method(expression: str, fits: bool) -> None:
    assert compiled(expression)(NAMES) is fits


@pytest.mark.parametrize(
    ("expression", "what"),
    [
        ("", "a name is missing at its end"),
        ("rock and", "a name is missing at its end"),
        ("and rock", "a name is missing before 'and'"),
        ("rock or or lead", "a name is missing before 'or'"),
        ("(rock", "a closing parenthesis is missing"),
        ("()", "a name is missing before '\\)'"),
        ("rock)", "'\\)' is not expected there"),
        ("rock lead", "'lead' is not expected there"),
        ("rock and $(ls)", "'\\$' is no name"),
    ],
)
def test_a_wrong_expression_is_refused_with_what_is_wrong(expression: str, what: str) -> None:
    with pytest.raises(ValueError, match=what):
        compiled(expression)
