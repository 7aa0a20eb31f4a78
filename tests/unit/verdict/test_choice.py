"""What a verdict says of tests that a command chose, repeated, or gave up on."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from hub_runner.odoo.choice import Choice, Place
from hub_runner.result import Outcome, Status
from tests.unit.verdict.story import FILE, INSTALLED, Story, about, event, ran, suite

ONE, TWO = "TestRock.test_one", "TestRock.test_two"
HERE = Place(file=FILE, cls="TestRock", method="test_one")


def narrowed(story: Story, choice: Choice, *chosen: str, left_out: tuple[str, ...] = (TWO,)) -> Story:
    found = suite(*chosen, deselected=left_out)
    for item in found["tests"]:
        item["left_out"] = not item["selected"]
    return replace(story, choice=choice).tells(INSTALLED, found, *map(ran, chosen)).ends()


def rounds(name: str, *statuses: str) -> list[dict[str, Any]]:
    return [it for number, status in enumerate(statuses, 1) for it in ran(name, status, run=number)]


def set_up(seconds: float, cls: str = "TestRock") -> dict[str, Any]:
    return event("class_set_up", duration=seconds, queries=1, **about(f"{cls}.setUpClass"))


def test_a_part_is_green_and_says_what_was_left_out(story: Story) -> None:
    story.write("tests/test_forgotten.py", "class TestF(TransactionCase):\n    def test_f(self): pass\n")
    found = narrowed(story, Choice(keywords="one"), ONE).verdict
    assert (found.passed, found.part, found.left_out) == (True, "-k 'one'", 1)
    assert found.notes == (
        f"1 test left out: {TWO}",
        "a part of the module (-k 'one'): forgotten tests were not looked for",
    )


def test_tags_make_a_part_too(story: Story) -> None:
    told = replace(story, settings={"test_tags": "/traction:TestRock"}).tells(INSTALLED, suite(ONE), ran(ONE)).ends()
    assert told.verdict.part == "--test-tags /traction:TestRock"


def test_the_usual_tags_leave_a_whole_verdict(story: Story) -> None:
    told = story.tells(INSTALLED, suite(ONE, deselected=(TWO,)), ran(ONE)).ends()
    assert (told.verdict.part, told.verdict.left_out) == ("", 0)


@pytest.mark.parametrize(
    ("choice", "words"),
    [
        (Choice(keywords="test_oen"), "-k 'test_oen' leaves none of its 1 test. Did you mean test_one?"),
        (Choice(places=(replace(HERE, method="test_oen"),)), f"Did you mean {HERE}?"),
        (Choice(keywords="zebra"), "-k 'zebra' leaves none of its 1 test."),
        (
            Choice(last_failed=True, known_failures=(replace(HERE, method="test_gone"),)),
            "no longer there, and are forgotten now",
        ),
    ],
    ids=["name", "place", "nothing like it", "failed before"],
)
def test_a_choice_that_leaves_nothing_proves_nothing_and_names_the_likeliest(
    story: Story, choice: Choice, words: str
) -> None:
    told = narrowed(story, choice, left_out=(ONE,))
    assert (told.problem.kind, told.problem.return_code) == ("no_tests", 3)
    assert words in told.problem.message


def test_a_place_in_a_file_that_is_never_imported_says_so(story: Story) -> None:
    story.write("tests/test_forgotten.py", "class TestF(TransactionCase):\n    def test_f(self): pass\n")
    told = narrowed(story, Choice(places=(Place(file="tests/test_forgotten.py"),)), left_out=(ONE,))
    assert "__init__.py imports none of its test files" in told.problem.message
    assert told.problem.details == ("tests/test_forgotten.py: 1 test (TestF.test_f)",)


@pytest.mark.parametrize(
    ("choice", "note"),
    [
        (Choice(last_failed=True), "--lf: no failure of an earlier run is known, so no test was left out because of it"),
        (Choice(failed_first=True), "--ff: no failure is known"),
        (Choice(failed_first=True, known_failures=(HERE,)), "--ff: 1 test that failed last ran first"),
    ],
)
def test_what_became_of_a_wish_is_said_and_the_verdict_is_whole(story: Story, choice: Choice, note: str) -> None:
    found = replace(story, choice=choice).tells(INSTALLED, suite(ONE), ran(ONE)).ends().verdict
    assert (found.passed, found.part, found.notes) == (True, "", (note,))


def test_tests_that_were_given_up_are_counted_and_nothing_is_missing(story: Story) -> None:
    events = (INSTALLED, suite(ONE, TWO), ran(ONE, "failed"), event("gave_up", failed=1))
    told = replace(story, choice=Choice(max_fail=1)).tells(*events).ends(1)
    assert told.kinds == ["tests_failed"]
    assert told.verdict.notes == ("given up after 1 failed test, as asked for: 1 test did not run",)


def outcome(story: Story) -> Outcome:
    (found,) = story.verdict.outcomes
    return found


def test_a_test_that_was_green_and_red_is_red_and_flaky(story: Story) -> None:
    events = (INSTALLED, suite(ONE), rounds(ONE, "passed", "failed", "passed"))
    told = replace(story, choice=Choice(rounds=3)).tells(*events).ends(1)
    found = outcome(told)
    assert (found.status, found.runs, found.green, found.is_flaky) == (Status.FAILED, 3, 2, True)
    assert f"each test ran 3 times: {ONE} was green in 2 of 3 runs" in told.verdict.notes


@pytest.mark.parametrize("status", ["passed", "failed"])
def test_a_test_that_always_ends_alike_is_not_flaky(story: Story, status: str) -> None:
    events = (INSTALLED, suite(ONE), rounds(ONE, status, status))
    told = replace(story, choice=Choice(rounds=2)).tells(*events).ends(int(status == "failed"))
    assert (outcome(told).runs, outcome(told).is_flaky) == (2, False)
    assert "each test ran 2 times: none was both green and red" in told.verdict.notes


def test_a_try_that_odoo_repeats_is_one_run(story: Story) -> None:
    told = story.tells(INSTALLED, suite(ONE), ran(ONE, "failed"), ran(ONE)).ends()
    assert (outcome(told).status, outcome(told).runs, outcome(told).green) == (Status.PASSED, 1, 1)


def test_the_set_up_of_a_class_that_fails_in_each_round_is_told_once(story: Story) -> None:
    broken = event("class_outcome", tracebacks=["ValueError: no"], **about("TestRock.setUpClass"))
    events = (INSTALLED, suite(ONE), set_up(0.1), broken, set_up(0.2), broken)
    told = replace(story, choice=Choice(rounds=2)).tells(*events).ends(1)
    assert [(found.name, found.runs) for found in told.verdict.outcomes] == [("TestRock.setUpClass", 2)]


def test_set_ups_are_summed_by_class_and_the_slowest_are_named(story: Story) -> None:
    events = (INSTALLED, suite(ONE), set_up(0.25), set_up(0.5), ran(ONE, duration=0.1))
    found = replace(story, choice=Choice(durations=1)).tells(*events).ends().verdict
    assert [(it.name, it.file, it.duration) for it in found.set_ups] == [
        ("TestRock.setUpClass", f"addons/traction/{FILE}", 0.75)
    ]
    assert found.slowest == found.set_ups


def test_a_flaky_failure_is_no_reason_for_a_second_opinion(story: Story) -> None:
    order = event("order", new=["traction"], later=["mail"], after=["mail"])
    for statuses, doubted in ((("passed", "failed"), False), (("failed", "failed"), True)):
        told = story.tells(order, INSTALLED, suite(ONE), rounds(ONE, *statuses)).ends(1)
        assert bool(told.verdict.doubt) is doubted


def test_a_test_that_was_green_only_once_all_modules_were_loaded_is_a_reason(story: Story) -> None:
    """@tagged("post_install") without "-at_install": it runs at both positions."""
    order = event("order", new=["traction"], later=["mail"], after=["mail"])
    found = suite(ONE)
    found["tests"][0]["tags"].append("post_install")
    assert story.tells(order, INSTALLED, found, rounds(ONE, "failed", "passed")).ends(1).verdict.doubt


def test_each_test_that_did_not_run_has_its_reason(story: Story) -> None:
    story.write(FILE, "class TestRock(TransactionCase):\n    def test_one(self): pass\n    def test_two(self): pass\n")
    left_out = narrowed(story, Choice(keywords="one"), ONE).verdict.unrun
    assert left_out == {f"{FILE}:{TWO}": "not among the tests that the command asked for"}
    events = (INSTALLED, suite(ONE, TWO), ran(ONE, "failed"), event("gave_up", failed=1))
    given_up = replace(story, choice=Choice(max_fail=1)).tells(*events).ends(1).verdict.unrun
    assert given_up == {f"{FILE}:{TWO}": "not begun: enough tests had failed (-x, --max-fail)"}


def test_a_test_of_the_other_position_that_was_not_asked_for_is_left_out_once(story: Story) -> None:
    early, late = suite(ONE, deselected=(TWO,)), suite(deselected=(ONE, TWO), position="post_install")
    next(item for item in late["tests"] if item["method"] == "test_two")["left_out"] = True
    told = replace(story, choice=Choice(keywords="one")).tells(INSTALLED, early, late, ran(ONE)).ends()
    assert told.verdict.notes[0] == f"1 test left out: {TWO}"


def test_what_the_tags_of_a_place_leave_out_was_not_asked_for(story: Story) -> None:
    told = replace(story, choice=Choice(places=(HERE,))).tells(INSTALLED, suite(ONE, deselected=(TWO,)), ran(ONE)).ends()
    assert told.verdict.notes[0] == f"1 test left out: {TWO}"


def test_giving_up_because_of_an_excused_failure_proves_nothing(story: Story) -> None:
    """Inside Odoo it counted as a failure, so no other test began; outside, the repository's settings let it pass."""
    need = event("need", needs="mail", what="a field", **about(TWO))
    events = (INSTALLED, suite(ONE, TWO, "TestRock.test_three"), ran(ONE), ran(TWO, "failed"), event("gave_up", failed=1))
    excusing = replace(story, choice=Choice(max_fail=1), settings={"undeclared": "note"})
    found = excusing.tells(*events, need).ends(1).problem
    assert (found.kind, found.return_code) == ("not_run", 3)
    start = f"TestRock.test_three ({FILE}:7): selected, and never started"
    assert found.details == (f"{start}: given up after 1 failed test, and the settings excuse what failed",)


def test_a_set_up_that_skips_once_and_fails_once_is_red(story: Story) -> None:
    holder = about("TestRock.setUpClass")
    skipped = event("class_outcome", **{"reason": "not yet", **holder, "status": "skipped"})
    broken = event("class_outcome", tracebacks=["ValueError: no"], **holder)
    events = (INSTALLED, suite(ONE), set_up(0.1), skipped, set_up(0.1), broken)
    told = replace(story, choice=Choice(rounds=2)).tells(*events).ends(1)
    assert told.kinds == ["tests_failed"]


def test_known_failures_that_something_else_left_out_are_not_called_gone(story: Story) -> None:
    choice = Choice(last_failed=True, known_failures=(HERE,), keywords="test_oen")
    message = narrowed(story, choice, left_out=(ONE,)).problem.message
    assert "no longer there" not in message
    assert "Did you mean test_one?" in message
