from __future__ import annotations

import pytest

from tests.unit.checkout.lint.test_models import HEAD, model


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


@pytest.mark.parametrize(("body", "line"), [("x = fields.Char(),", 4), ("x = fields.Char(\n    size=3,\n),", 6)])
def test_a_field_with_a_comma_after_it_is_a_tuple(body: str, line: int) -> None:
    assert model(body) == [f"__init__.py:{line}: x is no field but a tuple: take away the comma after its parenthesis"]


@pytest.mark.parametrize("body", ["x = (fields.Char(), fields.Char())", "x = (1,)", "x = Command.set(),"])
def test_other_tuples_are_as_they_should_be(body: str) -> None:
    assert model(body) == []
