"""Mistakes in classes that Odoo tells late, in riddles, or never."""

from __future__ import annotations

import textwrap

import pytest

from tests.unit.checkout.lint.written import shown, written

HEAD = "from odoo import api, fields, models\nclass Rock(models.Model):\n    _name = 'probe.rock'\n"


def model(body: str, *, head: str = HEAD, series: str = "19.0") -> list[str]:
    return shown(written({"__init__.py": head + textwrap.indent(textwrap.dedent(body), "    ")}, series=series))


@pytest.mark.parametrize("name", ["one", "multi"])
def test_a_decorator_that_is_gone_stops_the_installation(name: str) -> None:
    (line,) = model(f"@api.{name}\ndef go(self): ...")
    assert line.startswith(f"!__init__.py:4: @api.{name} is gone since 13.0")


def test_a_decorator_of_another_api_stops_nothing() -> None:
    lines = model("@api.one\ndef go(self): ...", head=HEAD.replace("api, ", "").replace("class", "import api\nclass", 1))
    assert not any(line.startswith("!") for line in lines)


@pytest.mark.parametrize("name", ["probe rock", "Probe.rock", "probe-rock"])
def test_a_name_that_no_model_may_have_is_named(name: str) -> None:
    """It was told as a model that the access file names and no class defines."""
    line = model("x = 1", head=HEAD.replace("probe.rock", name))[0]
    assert line == f"__init__.py:3: _name = {name!r}: a name has small letters, digits, dots and underscores only"


def test_a_method_without_self_is_named_at_its_line() -> None:
    """Odoo blamed the view whose button calls it: "invalid method signature"."""
    assert model("def go(): ...") == ["__init__.py:4: Rock.go has no parameter self, so it cannot be called"]
    assert model("@staticmethod\ndef go(): ...\n@property\ndef rest(*args): ...\ndef come(*args): ...") == []


@pytest.mark.parametrize("name", ["create", "copy", "default_get"])
def test_a_method_that_forgets_what_super_gave_is_named(name: str) -> None:
    assert model(f"def {name}(self, vals):\n    super().{name}(vals)") == [
        f"__init__.py:4: {name}() returns nothing: whoever calls it gets None; return what super() gave"
    ]


@pytest.mark.parametrize(
    "body",
    [
        "return super().create(vals)",
        "raise UserError('no')",
        "x = super().create(vals)\n    return x",
        "super()\n    raise X()",
    ],
)
def test_a_method_that_returns_or_raises_is_not_named(body: str) -> None:
    assert model(f"def create(self, vals):\n    {body}") == []


@pytest.mark.parametrize(("series", "count"), [("19.0", 1), ("18.0", 0)])
def test_sql_constraints_are_named_where_odoo_ignores_them(series: str, count: int) -> None:
    assert len(model("_sql_constraints = [('a', 'unique(x)', 'b')]", series=series)) == count


def test_a_model_that_two_classes_make_is_named_at_the_second() -> None:
    """As after a file was copied and its _name was not changed."""
    two = {"__init__.py": "from . import a, b\n", "a.py": HEAD, "b.py": HEAD}
    assert shown(written(two)) == [
        "b.py:3: _name = 'probe.rock': a.py:2 makes a model of that name, too: who adds to a model writes _inherit"
    ]


@pytest.mark.parametrize("more", ["    _inherit = 'probe.rock'\n", "    _inherit = ['mail.thread', 'probe.rock']\n"])
def test_a_class_that_adds_to_a_model_by_its_name_is_as_it_should_be(more: str) -> None:
    assert shown(written({"__init__.py": "from . import a, b\n", "a.py": HEAD, "b.py": HEAD + more})) == []
