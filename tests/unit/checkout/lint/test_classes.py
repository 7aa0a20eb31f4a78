"""Mistakes in classes that Odoo tells late, in riddles, or never."""

from __future__ import annotations

import textwrap

import pytest

from tests.unit.checkout.lint.written import shown, written

HEAD = "from odoo import api, fields, models\nclass Rock(models.Model):\n    _name = 'probe.rock'\n"
CASE = "from odoo.tests import TransactionCase\nclass TestRock(TransactionCase):\n"


def model(body: str, *, head: str = HEAD, series: str = "19.0") -> list[str]:
    return shown(written({"__init__.py": head + textwrap.indent(textwrap.dedent(body), "    ")}, series=series))


def case(body: str, name: str = "test_it", more: str = "") -> list[str]:
    text = CASE + textwrap.indent(textwrap.dedent(body), "    ")
    init = f"from . import {name}\n"
    return shown(
        written({"tests/__init__.py": init, f"tests/{name}.py": text, **({"tests/test_b.py": more} if more else {})})
    )


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


@pytest.mark.parametrize(
    ("field", "words"),
    [
        ("Many2one()", "names no model"),
        ("Many2many(string='Partners')", "names no model"),
        ("One2many()", "names no model"),
        ("One2many('res.partner')", "names no field that leads back"),
        ("One2many(comodel_name='res.partner')", "names no field that leads back"),
    ],
)
def test_a_relation_of_a_new_model_that_leads_nowhere_is_named_at_its_line(field: str, words: str) -> None:
    """Odoo says "unknown comodel_name '???'" and names no line."""
    (line,) = model(f"x = fields.{field}")
    assert line.startswith(f"__init__.py:4: fields.{field.partition('(')[0]} {words}")


@pytest.mark.parametrize(
    "field",
    [
        "Many2one('res.partner')",
        "Many2one(comodel_name='res.partner')",
        "Many2one(related='a.b')",
        "Many2one(**OPTIONS)",
        "Many2one(*MORE)",
        "One2many('res.partner', 'x_id')",
        "One2many('res.partner', inverse_name='x_id')",
        "One2many('res.partner', compute=lambda self: None)",
        "Char()",
    ],
)
def test_a_relation_that_says_all_or_may_do_so_is_not_named(field: str) -> None:
    assert model(f"x = fields.{field}") == []
    assert model("x = fields.Many2one(required=True)", head=HEAD.replace("_name", "_inherit")) == []
    assert model("x = fields.One2many('res.partner')", head=HEAD.replace("models.Model", "models.AbstractModel")) == []


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


@pytest.mark.parametrize("argument", ["compute", "inverse", "search"])
def test_a_method_that_a_field_names_and_nobody_has_is_named(argument: str) -> None:
    (line,) = model(f"x = fields.Char({argument}='_compute_huors')\ndef _compute_hours(self): ...")
    assert line == f"__init__.py:4: {argument}='_compute_huors': no method is called so; did you mean _compute_hours?"


@pytest.mark.parametrize(
    ("body", "head"),
    [
        ("x = fields.Char(compute='_compute_x')\ndef _compute_x(self): ...", HEAD),
        ("x = fields.Char(compute='_compute_x')\n_compute_x = other", HEAD),
        ("x = fields.Char(compute='_compute_display_name')", HEAD),
        ("x = fields.Char(compute=lambda self: 1)", HEAD),
        ("x = fields.Char(compute='_of_odoo')", HEAD + "    _inherit = 'mail.thread'\n"),
    ],
)
def test_a_method_that_may_be_there_is_not_judged(body: str, head: str) -> None:
    assert model(body, head=head) == []


def test_a_default_that_is_none_of_the_values_is_named() -> None:
    (line,) = model("x = fields.Selection([('new', 'New'), ('done', 'Done')],\n    default='nwe')")
    assert line == "__init__.py:5: default='nwe' is none of the values of the selection: new, done"


@pytest.mark.parametrize(
    "field",
    [
        "fields.Selection([('new', 'New')], default='new')",
        "fields.Selection(KINDS, default='x')",
        "fields.Selection([('new', 'New'), *MORE], default='x')",
        "fields.Selection(selection_add=[('new', 'New')], default='x')",
        "fields.Selection('_kinds', default='x')",
        "fields.Char(default='x')",
    ],
)
def test_a_default_that_may_be_one_is_not_judged(field: str) -> None:
    assert model(f"x = {field}") == []


@pytest.mark.parametrize(("series", "count"), [("19.0", 1), ("18.0", 0)])
def test_sql_constraints_are_named_where_odoo_ignores_them(series: str, count: int) -> None:
    assert len(model("_sql_constraints = [('a', 'unique(x)', 'b')]", series=series)) == count


def test_a_test_without_self_is_named() -> None:
    assert case("def test_x(): ...") == ["tests/test_it.py:3: TestRock.test_x has no parameter self, so it cannot be called"]


@pytest.mark.parametrize("text", ["@staticmethod\ndef test_x(): ...", "def test_x(*args): ...", "def test_x(this): ..."])
def test_a_test_that_can_be_called_is_not_named(text: str) -> None:
    assert case(text) == []


def test_a_set_up_class_without_super_is_named() -> None:
    (line,) = case("@classmethod\ndef setUpClass(cls):\n    cls.x = cls.env['x']\ndef test_x(self): ...")
    assert line.endswith("TestRock.setUpClass does not call super().setUpClass(), which alone makes env")


@pytest.mark.parametrize("call", ["super().setUpClass()", "super(TestRock, cls).setUpClass()", "Base.setUpClass(cls)"])
def test_a_set_up_class_with_super_is_not_named(call: str) -> None:
    assert case(f"@classmethod\ndef setUpClass(cls):\n    {call}\ndef test_x(self): ...") == []


@pytest.mark.parametrize("name", ["tests_rock", "rock_test"])
def test_a_file_that_odoo_takes_no_tests_from_is_named(name: str) -> None:
    assert case("def test_x(self): ...", name) == [
        f"tests/{name}.py:3: no test of {name}.py runs: Odoo looks only into files whose names begin with test_"
    ]


def test_a_file_of_base_classes_is_not_named() -> None:
    more = "from .common import TestRock\n"
    assert not any("common" in line for line in case("def test_x(self): ...", "common", more))


def test_a_model_with_a_method_called_test_is_no_test() -> None:
    text = "from odoo import models\nclass Rock(models.Model):\n    _name = 'x'\n    def test_it(self): ...\n"
    assert shown(written({"tests/__init__.py": "from . import rock\n", "tests/rock.py": text})) == []


def test_a_folder_test_without_its_s_is_named() -> None:
    (line,) = shown(
        written({"test/__init__.py": "from . import test_it", "test/test_it.py": CASE + "    def test_x(self): ..."})
    )
    assert line == "test/test_it.py:1: the folder of tests is called tests, with an s: Odoo never looks here"


@pytest.mark.parametrize(("body", "line"), [("x = fields.Char(),", 4), ("x = fields.Char(\n    size=3,\n),", 6)])
def test_a_field_with_a_comma_after_it_is_a_tuple(body: str, line: int) -> None:
    assert model(body) == [f"__init__.py:{line}: x is no field but a tuple: take away the comma after its parenthesis"]


@pytest.mark.parametrize("body", ["x = (fields.Char(), fields.Char())", "x = (1,)", "x = Command.set(),"])
def test_other_tuples_are_as_they_should_be(body: str) -> None:
    assert model(body) == []


def test_a_model_that_two_classes_make_is_named_at_the_second() -> None:
    """As after a file was copied and its _name was not changed."""
    two = {"__init__.py": "from . import a, b\n", "a.py": HEAD, "b.py": HEAD}
    assert shown(written(two)) == [
        "b.py:3: _name = 'probe.rock': a.py:2 makes a model of that name, too: who adds to a model writes _inherit"
    ]


@pytest.mark.parametrize("more", ["    _inherit = 'probe.rock'\n", "    _inherit = ['mail.thread', 'probe.rock']\n"])
def test_a_class_that_adds_to_a_model_by_its_name_is_as_it_should_be(more: str) -> None:
    assert shown(written({"__init__.py": "from . import a, b\n", "a.py": HEAD, "b.py": HEAD + more})) == []


def test_a_test_that_is_indented_into_another_never_runs() -> None:
    body = "def test_a(self):\n    self.env\n    def test_b(self):\n        self.env"
    assert case(body) == [
        "tests/test_it.py:5: test_b stands inside of TestRock.test_a, so it never runs: it is indented too far"
    ]


@pytest.mark.parametrize(
    "inner", ["def test_b(self):\n        pass\n    test_b(1)", "def test_b():\n        pass", "def b(self): ..."]
)
def test_a_function_that_a_test_uses_or_that_is_no_method_is_as_it_should_be(inner: str) -> None:
    assert case(f"def test_a(self):\n    {inner}") == []
