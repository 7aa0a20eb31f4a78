from __future__ import annotations

import pytest

from hub_runner.odoo.choice import EVERYTHING, Choice, Place

ROCK = Place(file="tests/test_rock.py", cls="TestRock", method="test_it")


@pytest.mark.parametrize(
    ("choice", "tags"),
    [
        (EVERYTHING, ""),
        (Choice(keywords="rock"), ""),
        (Choice(last_failed=True), ""),
        (Choice(failed_first=True, known_failures=(ROCK,)), ""),
        (Choice(last_failed=True, known_failures=(ROCK,)), "*/traction"),
        (Choice(places=(ROCK,)), "*/traction"),
        (Choice(places=(ROCK, Place(file="tests/test_todo.py"))), "*/traction"),
    ],
    ids=["all", "names", "no known failure", "failed first", "failed", "test", "test and file"],
)
def test_odoo_tags_choose_the_module_and_all_its_tests_if_some_are_named(choice: Choice, tags: str) -> None:
    assert choice.tags("traction") == tags


@pytest.mark.parametrize(
    ("choice", "text"),
    [
        (Choice(max_fail=1, rounds=3, until_fail=True, failed_first=True, known_failures=(ROCK,)), ""),
        (Choice(last_failed=True), ""),
        (Choice(keywords="a or b"), "-k 'a or b'"),
        (Choice(last_failed=True, known_failures=(ROCK,)), "--lf: 1 test that failed last"),
        (Choice(places=(ROCK,)), "tests/test_rock.py::TestRock::test_it"),
        (Choice(places=(ROCK, ROCK, ROCK), keywords="a"), f"{ROCK}, {ROCK}, 1 more, -k 'a'"),
    ],
    ids=["narrows nothing", "no known failure", "names", "failed", "place", "many places"],
)
def test_what_narrows_a_run_is_said(choice: Choice, text: str) -> None:
    assert str(choice) == text
    assert choice.narrows is bool(text)


TESTS = [("tests/test_rock.py", "TestRock", "test_it"), ("tests/test_todo.py", "TestTodo", "test_late")]


@pytest.mark.parametrize(
    ("choice", "names"),
    [
        (Choice(keywords="TestRok"), ["TestRock"]),
        (Choice(keywords="not slow and test_laet"), ["test_late"]),
        (Choice(keywords="zebra"), []),
        (
            Choice(places=(Place(file="tests/test_rock.py", cls="TestRock", method="test_i"),)),
            ["tests/test_rock.py::TestRock::test_it"],
        ),
        (Choice(places=(Place(file="tests/test_todo.py", cls="TestToDo"),)), ["tests/test_todo.py::TestTodo"]),
    ],
)
def test_the_likeliest_names_are_found_for_what_chooses_nothing(choice: Choice, names: list[str]) -> None:
    assert choice.likely(TESTS) == names
