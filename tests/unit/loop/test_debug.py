"""What a debugging command says at its end."""

from __future__ import annotations

from hub_runner.exit_codes import Kind
from hub_runner.loop.debug import is_end_by_user, told
from hub_runner.result import Problem, Verdict


def test_who_ends_the_debugger_by_ctrl_c_is_told_that_this_is_why_odoo_left() -> None:
    assert told(Problem.of(Kind.LEFT_EARLY, "Odoo left.")) == (
        "left_early: Odoo left. Ctrl-C, twice, in the debugger ends it so, too."
    )
    assert told(Problem.of(Kind.NO_TESTS, "None ran.")) == "no_tests: None ran."


def test_ctrl_c_while_debugpy_waits_for_an_ide_is_an_interrupt_and_blames_no_image() -> None:
    not_started = Verdict(problems=(Problem.of(Kind.NOT_STARTED, "Odoo could not be started."),))
    left = Verdict(problems=(Problem.of(Kind.LEFT_EARLY, "Odoo left."),))
    assert is_end_by_user(130, not_started)
    assert not is_end_by_user(1, not_started)
    assert not is_end_by_user(130, left)
