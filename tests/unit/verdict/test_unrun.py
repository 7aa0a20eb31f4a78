from __future__ import annotations

from typing import Any

import pytest

from hub_runner.verdict.unrun import DESELECTED
from tests.unit.verdict.story import FILE, INSTALLED, Story, about, event, ran, suite

KEY = "tests/test_rock.py:TestRock.test_two"
TEXT = """\
class TestRock(TransactionCase):
    def test_one(self):
        pass

    def test_two(self):
        pass
"""


@pytest.fixture
def two(story: Story) -> Story:
    story.write("tests/test_rock.py", TEXT)
    return story


def test_of_tests_that_all_ran_none_is_named(two: Story) -> None:
    names = ("TestRock.test_one", "TestRock.test_two")
    assert two.tells(INSTALLED, suite(*names), *map(ran, names)).ends().verdict.unrun == {}


def test_a_test_that_a_tag_deselected_is_named_with_that_reason(two: Story) -> None:
    told = two.tells(INSTALLED, suite("TestRock.test_one", deselected=("TestRock.test_two",)), ran("TestRock.test_one"))
    told = told.ends()
    assert told.verdict.passed
    assert told.verdict.unrun == {KEY: DESELECTED}


def test_a_test_that_was_selected_and_has_no_outcome_is_named(two: Story) -> None:
    told = two.tells(INSTALLED, suite("TestRock.test_one", "TestRock.test_two"), ran("TestRock.test_one")).ends()
    assert told.verdict.unrun[KEY].startswith("selected, and it has no outcome")


def test_a_test_of_a_file_that_nobody_imports_is_named(two: Story) -> None:
    two.write("tests/test_more.py", TEXT.replace("Rock", "More"))
    names = ("TestRock.test_one", "TestRock.test_two")
    told = two.tells(INSTALLED, suite(*names), *map(ran, names)).ends()
    assert told.verdict.unrun == {
        f"tests/test_more.py:TestMore.{name}": "its file was not imported" for name in ("test_one", "test_two")
    }


def test_a_test_that_odoo_never_found_is_named(two: Story) -> None:
    told = two.tells(INSTALLED, suite("TestRock.test_one"), ran("TestRock.test_one")).ends()
    assert told.verdict.unrun == {KEY: "Odoo did not take it for a test"}


def test_a_definition_that_a_later_one_replaces_is_called_so(two: Story) -> None:
    two.write("tests/test_rock.py", f"{TEXT}\n    def test_two(self):\n        pass\n")
    told = two.tells(INSTALLED, suite("TestRock.test_one"), ran("TestRock.test_one")).ends()
    assert told.verdict.unrun == {KEY: "defined twice"}


def test_a_run_that_broke_off_names_all_that_did_not_run(two: Story) -> None:
    told = two.tells(INSTALLED, event("loading", module="traction")).breaks_off(255)
    assert set(told.verdict.unrun) == {KEY, KEY.replace("two", "one")}


COMMON = "tests/common.py"  # where a decorator without functools.wraps stands, and so the code of what it decorates


def decorated(name: str, home: str = FILE) -> dict[str, Any]:
    return {**about(name, file=COMMON), "home": home}


def suite_of(*places: dict[str, Any]) -> dict[str, Any]:
    found = [dict(place, selected=True, tags=["at_install", "standard"], dropped="") for place in places]
    return {**suite(), "tests": found, "imported": ["tests/__init__.py", FILE, COMMON], "looked_at": [FILE]}


def test_a_test_whose_decorator_stands_in_another_file_has_run(two: Story) -> None:
    places = [decorated(f"TestRock.{method}") for method in ("test_one", "test_two")]
    outcomes = [[event("test", **place), event("outcome", **place)] for place in places]
    told = two.tells(INSTALLED, suite_of(*places), *outcomes).ends()
    assert told.verdict.unrun == {}


def test_of_a_class_that_was_skipped_such_a_test_has_an_outcome_too(two: Story) -> None:
    places = [decorated(f"TestRock.{method}") for method in ("test_one", "test_two")]
    holder = {**about("TestRock.setUpClass"), "line": None}
    told = two.tells(INSTALLED, suite_of(*places), event("class_outcome", **{**holder, "status": "skipped", "reason": "x"}))
    assert told.ends().verdict.unrun == {}


def test_the_same_test_of_another_file_says_nothing_of_it(two: Story) -> None:
    two.write("tests/test_more.py", TEXT)
    names = [(method, home) for method in ("test_one", "test_two") for home in (FILE, "tests/test_more.py")]
    places = [decorated(f"TestRock.{method}", home) for method, home in names]
    outcomes = [
        [event("test", **place), event("outcome", **place)]
        for place in places
        if (place["method"], place["home"]) != ("test_two", FILE)
    ]
    told = two.tells(INSTALLED, suite_of(*places), *outcomes).ends()
    assert list(told.verdict.unrun) == [KEY]
