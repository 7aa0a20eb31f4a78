"""A failed test says what to do about it, and where in the module the wrong word stands."""

from __future__ import annotations

from pathlib import Path

import pytest

from hub_runner.verdict.advice_on_tests import of_test
from hub_runner.verdict.recorded import Hint

MODEL = """\
class Rock(models.Model):
    state = fields.Selection([("new", "New")], default="nwe")
    hours = fields.Float(
        string="Hours (h)", compute="_compute_hours"
    )

    def _compute_hours(self): ...
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "tests").mkdir()
    (tmp_path / "models.py").write_text(MODEL, encoding="utf-8")
    (tmp_path / "tests" / "test_it.py").write_text('env["probe.rok"]\n"nwe"\n', encoding="utf-8")
    return tmp_path


def test_a_wrong_word_of_the_module_is_shown_where_it_stands(folder: Path) -> None:
    advice = of_test(folder, "test_x", "ValueError: Wrong value", [Hint(wrong="nwe", names=("new",))])
    assert advice == "Did you mean new? ('nwe' stands in models.py:2)"


def test_a_wrong_word_of_the_test_itself_needs_no_place(folder: Path) -> None:
    assert (
        of_test(folder, "test_x", "KeyError", [Hint(wrong="probe.rok", names=("probe.rock",))]) == "Did you mean probe.rock?"
    )


def test_a_model_of_a_module_that_is_not_installed_is_told_with_it(folder: Path) -> None:
    advice = of_test(folder, "test_x", "KeyError", [Hint(wrong="mail.thread", names=(), module="mail")])
    assert advice == "mail.thread is in the module mail: add it to depends in the manifest."


def test_the_method_that_computes_a_field_is_found(folder: Path) -> None:
    advice = of_test(folder, "test_x", "ValueError: Compute method failed to assign probe.rock(3,).hours", ())
    assert advice.endswith("It is _compute_hours in models.py:7.")


@pytest.mark.parametrize("field", ["minutes", "state"])
def test_a_method_that_is_not_clear_is_not_named(folder: Path, field: str) -> None:
    advice = of_test(folder, "test_x", f"ValueError: Compute method failed to assign probe.rock(3,).{field}", ())
    assert advice.endswith("an `else` may be missing.")


def test_a_hint_without_names_leaves_the_word_to_what_is_known(folder: Path) -> None:
    assert "no model probe.x" in of_test(folder, "test_x", "KeyError: 'probe.x'", [Hint(wrong="probe.x", names=())])


def test_a_plain_failure_has_no_advice(folder: Path) -> None:
    assert of_test(folder, "test_x", "AssertionError: 1 != 2", ()) == ""


def of_waiting(folder: Path, signal: str, *logged: str) -> str:
    (folder / "tests" / "test_js.py").write_text(f'self.browser_js("/web/tests", "", success_signal="{signal}")\n')
    return of_test(folder, "test_js", "AssertionError: Some js test failed\n\nScript timeout exceeded\n", [], logged)


def test_a_signal_that_this_odoo_writes_in_another_case_is_named(folder: Path) -> None:
    """18.0 of May 2025 writes "[HOOT] test suite succeeded", later builds "[HOOT] Test suite succeeded"."""
    advice = of_waiting(folder, "[HOOT] Test suite succeeded", "INFO x.browser: [HOOT] test suite succeeded")
    assert advice == (
        "The page logged '[HOOT] test suite succeeded', and the test waits for '[HOOT] Test suite succeeded': "
        "correct its success_signal."
    )


def test_a_page_that_never_came_to_its_end_is_told_of_no_signal(folder: Path) -> None:
    assert of_waiting(folder, "[HOOT] Test suite succeeded", "INFO x.browser: [HOOT] passed 7 tests") == ""
