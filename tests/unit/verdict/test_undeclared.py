from __future__ import annotations

from typing import Any

from hub_runner.result import Status
from tests.unit.verdict.story import INSTALLED, Story, about, event, ran, suite

NEED = event("need", needs="web", what="res.partner.onchange", **about("TestRock.test_one"))
WANTING = (
    INSTALLED,
    suite("TestRock.test_one", "TestRock.test_two"),
    ran("TestRock.test_one", "error"),
    ran("TestRock.test_two"),
)


def told(story: Story, *events: Any, code: int = 0, **settings: Any) -> Story:
    return Story(story.root, settings=settings).tells(*events).ends(code)


def test_a_test_that_needs_an_undeclared_module_is_told_which(story: Story) -> None:
    wanting = told(story, *WANTING, NEED, code=1)
    assert wanting.kinds == ["tests_failed", "undeclared"]
    undeclared = wanting.verdict.problems[1]
    assert "failed for want of web" in undeclared.message
    assert undeclared.details == ("TestRock.test_one needs web (res.partner.onchange), which the manifest does not name",)
    assert (undeclared.file, undeclared.return_code) == ("addons/traction/__manifest__.py", 1)


def test_such_a_failure_can_be_a_note_and_counts_as_skipped_then(story: Story) -> None:
    found = told(story, *WANTING, NEED, code=1, undeclared="note").verdict
    assert found.passed
    assert [outcome.status for outcome in found.outcomes] == [Status.SKIPPED, Status.PASSED]
    assert found.outcomes[0].reason.startswith("TestRock.test_one needs web")
    assert len(found.waived) == 1


def test_another_failure_beside_it_stays_one(story: Story) -> None:
    events = (*WANTING[:2], ran("TestRock.test_one", "error"), ran("TestRock.test_two", "failed"), NEED)
    found = told(story, *events, code=1, undeclared="note").verdict
    assert [problem.kind for problem in found.problems] == ["tests_failed"]
    assert found.problems[0].details == ("TestRock.test_two",)
