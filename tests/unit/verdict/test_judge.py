from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub_runner import verdict
from hub_runner.checkout.modules import Module
from hub_runner.odoo.command import Execution
from hub_runner.result import Status
from hub_runner.settings import Settings
from hub_runner.verdict.record import Record
from tests.plans import plan_of
from tests.unit.verdict.story import INSTALLED, SECRET, Story, about, event, log, ran, suite


def test_a_module_whose_tests_passed_is_green(story: Story) -> None:
    found = story.tells(INSTALLED, suite("TestRock.test_one"), ran("TestRock.test_one")).ends().verdict
    assert found.passed
    assert found.odoo_version == "18.0-20250101"
    assert [(o.name, o.status, o.file) for o in found.outcomes] == [
        ("TestRock.test_one", Status.PASSED, "addons/traction/tests/test_rock.py")
    ]


@pytest.mark.parametrize("cut", range(6))
def test_no_beginning_of_a_green_run_is_green(story: Story, cut: int) -> None:
    whole = story.tells(INSTALLED, suite("TestRock.test_one"), ran("TestRock.test_one")).ends()
    partial = Story(story.root, events=whole.events[:cut], execution={"exit_code": 0})
    assert partial.verdict.return_code == (4 if cut < 2 else 3)


def test_exit_code_1_without_a_failed_test_is_not_green(story: Story) -> None:
    told = story.tells(INSTALLED, suite("TestRock.test_one"), ran("TestRock.test_one")).ends(1)
    assert told.problem.kind == "odoo_failed"


def test_an_exit_code_that_differs_from_what_odoo_said_is_not_green(story: Story) -> None:
    told = story.tells(INSTALLED, suite("TestRock.test_one"), ran("TestRock.test_one")).ends()
    assert told.breaks_off(139).problem.kind == "odoo_failed"


def test_failed_tests_of_a_dependency_are_not_ours(story: Story) -> None:
    foreign = about("TestMail.test_mail", file="tests/test_mail.py", module="mail")
    failed = event("outcome", **foreign, status="failed", tracebacks=["AssertionError"])
    mail = event("loading", module="mail", folder="", copied=True)
    told = story.tells(mail, INSTALLED, suite("TestRock.test_one"), ran("TestRock.test_one"), failed).ends(1)
    assert told.verdict.passed
    assert [outcome.module for outcome in told.verdict.outcomes] == ["traction"]


def test_a_failure_of_a_module_that_was_never_loaded_explains_no_exit_code(story: Story) -> None:
    foreign = about("TestX).tearDownClass", file="", module="tearDownClass (odoo")
    failed = event("class_outcome", **foreign, status="error", tracebacks=["ValueError"], reason="")
    told = story.tells(INSTALLED, suite("TestRock.test_one"), ran("TestRock.test_one"), failed).ends(1)
    assert told.kinds == ["odoo_failed"]


def test_a_failure_stays_first_where_a_file_was_forgotten_too(story: Story) -> None:
    story.write("tests/test_more.py", "class TestMore(TransactionCase):\n    def test_more(self):\n        pass\n")
    told = story.tells(INSTALLED, suite("TestRock.test_one"), ran("TestRock.test_one", "failed")).ends(1)
    assert told.kinds == ["tests_failed", "forgotten_files"]
    assert told.verdict.return_code == 1


def test_a_broken_install_hides_that_no_test_ran(story: Story) -> None:
    crash = log("Failed to initialize database", "CRITICAL", loading="traction", exception="ValueError: no")
    assert story.tells(INSTALLED, crash).ends(255).kinds == ["install_failed"]


@given(noise=st.binary(max_size=300), at=st.integers(0, 400))
def test_no_noise_in_the_record_makes_a_run_green_that_never_ended(noise: bytes, at: int) -> None:
    told = Story(Path("/nowhere")).tells(INSTALLED, suite("TestRock.test_one"), ran("TestRock.test_one"))
    data = told.record[:at] + noise + told.record[at:]
    assert not Record.parse(data, SECRET).ended
    module = Module(name="traction", folder=told.folder, manifest={})
    execution = Execution(exit_code=0, record=data, secret=SECRET)
    assert not verdict.judge(plan_of(module, Settings(root=told.root)), execution).passed
