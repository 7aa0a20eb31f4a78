from __future__ import annotations

import pytest

from hub_runner.odoo.tags import restricted
from hub_runner.result import Status
from tests.unit.verdict.story import INSTALLED, Story, about, event, log, ran, suite

ONE = (INSTALLED, suite("TestRock.test_one"))


@pytest.mark.parametrize(
    ("tags", "tag"),
    [(["standard", "slow"], "/traction:TestRock.test_one"), (["nightly"], "*/traction:TestRock.test_one")],
)
def test_a_test_that_is_not_standard_is_reproduced_with_any_tag(story: Story, tags: list[str], tag: str) -> None:
    known = suite("TestRock.test_one")
    known["tests"][0]["tags"] = ["at_install", *tags]
    told = story.tells(INSTALLED, known, ran("TestRock.test_one", "failed")).ends(1)
    assert told.verdict.failures[0].tag == tag
    assert restricted("traction", tag) == tag


def test_a_broken_class_that_is_not_standard_is_reproduced_with_any_tag(story: Story) -> None:
    known = suite("TestRock.test_one")
    known["tests"][0]["tags"] = ["at_install", "nightly"]
    broken = event("class_outcome", **about("TestRock.setUpClass"), status="error")
    assert story.tells(INSTALLED, known, broken).ends(1).verdict.failures[0].tag == "*/traction:TestRock"


def test_two_classes_of_one_name_that_inherit_one_test_are_two(story: Story) -> None:
    first, second = (dict(about("TestRock.test_one"), home=f"tests/test_{name}.py") for name in ("a", "b"))
    known = dict(
        suite("TestRock.test_one"),
        tests=[dict(place, selected=True, tags=["at_install", "standard"], dropped="") for place in (first, second)],
    )
    told = story.tells(
        INSTALLED,
        known,
        *(event("outcome", **place, status=status, run=1) for place, status in ((first, "failed"), (second, "passed"))),
    ).ends(1)
    assert told.problem.message.startswith("traction: 1 of 2 tests failed")


def test_a_test_that_odoo_tried_again_counts_by_its_last_attempt(story: Story) -> None:
    told = story.tells(*ONE, ran("TestRock.test_one", "failed"), ran("TestRock.test_one")).ends()
    assert told.verdict.passed


def test_an_unknown_status_is_an_error(story: Story) -> None:
    told = story.tells(*ONE, ran("TestRock.test_one", "splendid")).ends()
    assert [outcome.status for outcome in told.verdict.outcomes] == [Status.ERROR]


def test_a_failed_http_case_has_the_servers_side_of_it(story: Story) -> None:
    place = about("TestRock.test_one")
    server = log(
        "Exception during request", logger="odoo.http", exception="Traceback\nValueError: no", testing=True, test=place
    )
    other = log("Beside", logger="odoo.addons.traction", exception="Traceback\nKeyError: 1", testing=True, test=place)
    told = story.tells(*ONE, other, server, ran("TestRock.test_one", "failed", output=["asked"])).ends(1)
    (outcome,) = told.verdict.outcomes
    assert outcome.server_traceback == "Traceback\nValueError: no"
    assert outcome.logged == ("asked",)


def test_a_passed_test_has_no_server_side(story: Story) -> None:
    place = about("TestRock.test_one")
    server = log("Exception", "WARNING", logger="odoo.http", exception="Traceback\nValueError: no", testing=True, test=place)
    (outcome,) = story.tells(*ONE, server, ran("TestRock.test_one")).ends().verdict.outcomes
    assert (outcome.server_traceback, outcome.logged) == ("", ())
