"""What is changed in a running Odoo before it loads a module."""

from __future__ import annotations

import re

import pytest

from hub_runner.odoo.inside.hooks import tell_modules_from_files

AFTER = r"""
    (?::(\w*))?                 # test_class_re
    (?:\.(\w*))?                # test_method_re
    (?:\[(.*)\])?               # parameters
    $"""
OF_19 = r"^([+-]?)(\*|\w*)(\/[\w\/\.-]+.py)?(?:\/(\w+))?" + AFTER
OF_18 = r"^([+-]?)(\*|\w*)(?:\/([\w\/]*(?:.py)?))?" + AFTER


def groups(pattern: str, tag: str) -> tuple[str | None, ...]:
    """What Odoo makes of a tag: sign, tag, (file,) module, class, method, parameters."""

    class Selector:
        filter_spec_re = re.compile(pattern, re.VERBOSE)

    tell_modules_from_files(Selector)
    match = Selector.filter_spec_re.match(tag)
    assert match
    return match.groups()


@pytest.mark.parametrize(
    ("tag", "expected"),
    [
        ("/stock_copy", ("", "", None, "stock_copy", None, None, None)),
        ("/l10n_py:TestRock.test_it", ("", "", None, "l10n_py", "TestRock", "test_it", None)),
        ("-post_install/stock_copy", ("-", "post_install", None, "stock_copy", None, None, None)),
        ("/stock", ("", "", None, "stock", None, None, None)),
        ("/stock/tests/test_x.py:TestRock", ("", "", "/stock/tests/test_x.py", None, "TestRock", None, None)),
        ("/stock_copy/tests/test_x.py", ("", "", "/stock_copy/tests/test_x.py", None, None, None, None)),
    ],
)
def test_a_module_whose_name_ends_in_py_is_no_file(tag: str, expected: tuple[str | None, ...]) -> None:
    """On 19.0 such a module had no tests: "Odoo's standard tags select none"."""
    assert groups(OF_19, tag) == expected


@pytest.mark.parametrize("tag", ["/stock_copy", "/stock/tests/test_x.py", "/stock:TestRock"])
def test_a_pattern_of_another_series_stays_as_it_is(tag: str) -> None:
    match = re.compile(OF_18, re.VERBOSE).match(tag)
    assert match
    assert groups(OF_18, tag) == match.groups()


def test_a_selector_without_a_pattern_stays_as_it_is() -> None:
    class Selector:
        pass

    tell_modules_from_files(Selector)
    assert not hasattr(Selector, "filter_spec_re")
