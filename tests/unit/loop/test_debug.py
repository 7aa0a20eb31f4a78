"""What a debugging command says at its end."""

from __future__ import annotations

from hub_runner.errors import Kind
from hub_runner.loop.debug import told
from hub_runner.result import Problem


def test_who_ends_the_debugger_by_ctrl_c_is_told_that_this_is_why_odoo_left() -> None:
    assert told(Problem.of(Kind.LEFT_EARLY, "Odoo left.")) == (
        "left_early: Odoo left. Ctrl-C, twice, in the debugger ends it so, too."
    )
    assert told(Problem.of(Kind.NO_TESTS, "None ran.")) == "no_tests: None ran."
