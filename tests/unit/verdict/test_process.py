from __future__ import annotations

from dataclasses import replace

import pytest

from tests.unit.verdict.story import INSTALLED, Story, about, event, log, ran, suite

RUNNING = event("test", **about("TestRock.test_one"))
PREPARED = (INSTALLED, suite("TestRock.test_one"))
TESTED = (suite("TestRock.test_one"), ran("TestRock.test_one"))


def test_a_recorder_that_could_not_be_set_is_never_guessed_around(story: Story) -> None:
    told = Story(story.root, events=[event("start", odoo="20.0"), event("hook_failed", traceback="AttributeError: no")])
    problem = told.breaks_off(97).problem
    assert (problem.kind, problem.return_code) == ("recorder_failed", 4)
    assert "Odoo 20.0" in problem.message
    assert problem.details == ("AttributeError: no",)


def test_an_end_without_a_recorder_is_a_failure(story: Story) -> None:
    told = Story(story.root, events=[event("start", odoo="18.0"), event("end", code=0)])
    assert told.breaks_off(0).problem.kind == "recorder_failed"


def test_an_odoo_that_cannot_be_started_shows_its_last_words(story: Story) -> None:
    problem = story.breaks_off(127, tail=b"python3: not found\n").problem
    assert (problem.kind, problem.details) == ("not_started", ("python3: not found",))


def test_a_refused_option_is_the_users_to_correct(story: Story) -> None:
    told = Story(story.root, events=[event("start", odoo="18.0")])
    problem = told.breaks_off(2, tail=b"error: no such option: --skip\n").problem
    assert (problem.kind, problem.return_code) == ("odoo_usage", 2)
    assert "no such option" in problem.details[0]


def test_a_test_tag_that_this_odoo_does_not_know_is_a_matter_of_usage_and_no_broken_install(story: Story) -> None:
    invalid = dict(log("Invalid tag /traction:TestRock.test_one[x]"), logger="odoo.tests.tag_selector")
    problem = story.tells(*PREPARED, invalid, invalid).ends().problem
    assert (problem.kind, problem.return_code) == ("odoo_usage", 2)
    assert problem.details == ("Invalid tag /traction:TestRock.test_one[x]",)


def test_a_module_that_logs_the_same_words_itself_is_judged_as_ever(story: Story) -> None:
    told = story.tells(*PREPARED, log("Invalid tag on rock 7", loading="traction"), ran("TestRock.test_one"))
    assert told.ends().problem.kind == "install_errors"


def test_a_record_into_which_somebody_else_wrote_is_not_believed(story: Story) -> None:
    told = story.tells(INSTALLED, suite("TestRock.test_one"), ran("TestRock.test_one")).ends()
    forged = replace(told, execution={"record": told.record + b'{"event": "end", "code": 0}\n'})
    assert (forged.problem.kind, forged.problem.return_code) == ("record_forged", 3)
    assert "1 of its lines are not the recorder's own" in forged.problem.message


def test_a_record_that_is_not_sealed_with_the_runs_secret_is_not_believed(story: Story) -> None:
    told = story.tells(INSTALLED, suite("TestRock.test_one"), ran("TestRock.test_one")).ends(secret=b"a secret")
    assert told.kinds == ["record_forged"]


def loading(module: str, folder: str, *, copied: bool) -> dict[str, object]:
    return event("loading", module=module, folder=folder, copied=copied)


def test_a_green_run_of_another_module_of_the_same_name_proves_nothing(story: Story) -> None:
    told = story.tells(loading("traction", "/usr/lib/odoo/addons/traction", copied=False), *TESTED).ends()
    assert (told.problem.kind, told.problem.return_code) == ("another_copy", 4)
    assert told.problem.details == ("traction: taken from /usr/lib/odoo/addons/traction, and not from addons/traction",)


@pytest.mark.parametrize(("along", "kinds"), [(("rocks",), ["another_copy"]), ((), [])])
def test_a_dependency_counts_where_the_checkout_has_it(story: Story, along: tuple[str, ...], kinds: list[str]) -> None:
    told = Story(story.root, along=along).tells(
        loading("base", "/usr/lib/odoo/addons/base", copied=False),
        loading("rocks", "/opt/house/rocks", copied=False),
        loading("traction", "/mnt/extra-addons/traction", copied=True),
        *TESTED,
    )
    assert told.ends().kinds == kinds
