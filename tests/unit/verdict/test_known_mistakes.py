"""What stands in the errors of a first module, and what is said about it."""

from __future__ import annotations

import pytest

from hub_runner.verdict.known_mistakes import known, of_set_up


@pytest.mark.parametrize(
    ("error", "advice", "wrong"),
    [
        (
            'Since 17.0, the "attrs" and "states" attributes are no longer used.\nView: x',
            "condition as an attribute",
            "attrs=",
        ),
        ("Invalid view type: 'tree'.\nYou might have used", "write <list>", "<tree"),
        ("ValueError: Wrong value for ir.ui.view.type: 'tree'", "write <list>", "<tree"),  # Odoo 18.0's words
        ("AttributeError: module 'odoo.api' has no attribute 'one'", "gone since 13.0", None),
        ("ImportError: cannot import name 'X' from 'odoo.http' (/usr/lib/odoo/http.py)", "no X in odoo.http", None),
        ("ImportError: cannot import name 'X' from 'odoo' (/usr/lib/odoo/__init__.py)", "younger than this build", None),
        ("ValueError: invalid literal for int() with base 10: 'base.main_partner'", 'ref="..."', "base.main_partner"),
        ("ValueError: NameError(\"name 'true' is not defined\") while evaluating\n'true'", "True, False or None", "true"),
        ("Element '<xpath expr=\"//x\">' cannot be located in parent view", "parent view", "<xpath"),
        ('psycopg2.errors.NotNullViolation: null value in column "name" of relation "x" violates', "field name is", None),
        ("psycopg2.errors.InFailedSqlTransaction: current transaction is aborted", "savepoint", None),
        ("ValueError: Expected singleton: probe.rock(1, 2)", "several records", None),
        ("ValueError: Expected singleton: probe.rock()", "no record there", None),
        ("ValueError: Compute method failed to assign probe.rock(3,).hours", "must assign hours", None),
        ("RecursionError: maximum recursion depth exceeded", "without end", None),
        ("odoo.exceptions.AccessError: You are not allowed to create 'Rock' (probe.rock) records.", "for probe.rock", None),
        ("TypeError: TestIt.test_x() takes 0 positional arguments but 1 was given", "is self", None),
        ("AttributeError: 'NoneType' object has no attribute 'name'", "return what super() gave", None),
        ("KeyError: 'probe.stnoe'", "no model probe.stnoe", None),
        ("ValueError: Invalid field 'category_id' in 'res.groups'", "privilege_id", "category_id"),
        ("ValueError: Invalid field 'numbercall' in 'ir.cron'", "gone since 18.0", "numbercall"),
        ("ValueError: Invalid field 'numbercall' on model 'ir.cron'", "gone since 18.0", "numbercall"),  # up to 18.0
    ],
)
def test_a_riddle_is_explained(error: str, advice: str, wrong: str | None) -> None:
    found = known(error)
    assert found
    assert advice in found.advice
    assert next(iter(found.wrong), None) == wrong


@pytest.mark.parametrize(
    "error",
    [
        "",
        "AssertionError: 1 != 2",
        "KeyError: 'name'",
        "ValueError: Invalid field 'colour' in 'res.groups'",
        "ValueError: invalid literal for int() with base 10: 'x'",
    ],
)
def test_what_says_enough_is_left_alone(error: str) -> None:
    assert known(error) is None


@pytest.mark.parametrize(
    "error",
    ["TypeError: 'NoneType' object is not subscriptable", "AttributeError: type object 'TestIt' has no attribute 'env'"],
)
def test_a_class_that_is_not_set_up_by_odoo_is_told_how(error: str) -> None:
    assert of_set_up("setUpClass", error) == "Does setUpClass begin with super().setUpClass()? Only that makes env."
    assert of_set_up("test_x", error) == ""


def test_another_failure_of_a_set_up_is_left_alone() -> None:
    assert of_set_up("setUpClass", "ZeroDivisionError: division by zero") == ""


def test_a_name_that_another_module_lacks_is_no_matter_of_the_build_of_odoo() -> None:
    assert (
        known("ImportError: cannot import name 'X' from 'odoo.addons.probe.models' (/mnt/probe/models/__init__.py)") is None
    )
