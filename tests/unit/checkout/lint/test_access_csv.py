"""What is said of an access file without Odoo."""

from __future__ import annotations

import pytest

from hub_runner.checkout.lint.module_text import Text
from tests.unit.checkout.lint.written import found, shown, written

MODEL = "from odoo import models\nclass Rock(models.Model):\n    _name = 'probe.rock'\n"
ACCESS = "id,name,model_id:id,group_id:id,perm_read\n"
GROUPS = "<odoo>\n  <record id='group_user' model='res.groups'/>\n</odoo>\n"
BOTH = "{'name': 'Probe', 'data': ['security/groups.xml', 'security/ir.model.access.csv']}"


def secured(row: str, *, manifest: str = BOTH, python: str = MODEL, groups: str = GROUPS, name: str = "probe") -> Text:
    """A module with a model, a file of groups and an access file with this row."""
    return written(
        {"__init__.py": python, "security/groups.xml": groups, "security/ir.model.access.csv": f"{ACCESS}{row}\n"},
        manifest=manifest,
        name=name,
    )


def test_an_access_file_without_mistakes_has_no_findings() -> None:
    assert (
        shown(
            secured(
                "a,a,model_probe_rock,group_user,1\nb,b,probe.model_probe_rock,probe.group_user,1\nc,c,model_probe_rock,,1"
            )
        )
        == []
    )


@pytest.mark.parametrize("group", ["group_usr", "probe.group_usr"])
def test_a_group_that_no_file_defines_stops_the_installation(group: str) -> None:
    """U5."""
    (line,) = shown(secured(f"a,a,model_probe_rock,{group},1"))
    assert line == (
        f"!security/ir.model.access.csv:2: {group} is defined in no file that is loaded before; "
        "did you mean probe.group_user?"
    )


def test_a_group_that_is_defined_in_a_later_file_stops_the_installation() -> None:
    """I8: an access rule stood before its group."""
    manifest = "{'data': ['security/ir.model.access.csv', 'security/groups.xml']}"
    (line,) = shown(secured("a,a,model_probe_rock,group_user,1", manifest=manifest))
    assert "group_user is defined in a file that is listed later" in line


def test_a_group_in_the_demo_data_of_another_module_stops_nothing() -> None:
    other = written({"demo.xml": GROUPS}, manifest="{'demo': ['demo.xml']}", name="other")
    (line,) = shown(secured("a,a,model_probe_rock,other.group_user,1"), other)
    assert line.startswith("security/ir.model.access.csv:2: other.group_user is demo data of other")


def test_a_group_in_a_file_that_the_manifest_does_not_list_is_named_with_that_file() -> None:
    lines = shown(secured("a,a,model_probe_rock,group_user,1", manifest="{'data': ['security/ir.model.access.csv']}"))
    assert (
        "!security/ir.model.access.csv:2: group_user is defined in security/groups.xml, which `data` of probe does not list"
        in lines
    )


@pytest.mark.parametrize("row", ["a,a,model_probe_rok,,1", "a,a,probe.model_probe_rok,,1"])
def test_a_model_that_no_class_defines_stops_the_installation(row: str) -> None:
    (line,) = shown(secured(row))
    assert line == (
        "!security/ir.model.access.csv:2: no class of the module defines the model of model_probe_rok; "
        "did you mean model_probe_rock?"
    )


@pytest.mark.parametrize(
    "python",
    [
        MODEL + "class Partner(models.Model):\n    _inherit = 'mail.thread'\n",
        MODEL + "class Partner(models.Model):\n    _name = 'res.partner'\n    _inherit = ['res.partner', 'x']\n",
    ],
)
def test_a_module_that_extends_odoos_own_models_may_have_ids_that_are_not_known_here(python: str) -> None:
    """Odoo gives it the ids of all models that inherit from what it extends."""
    assert [finding.stops for finding in found(secured("a,a,model_res_users,,1", python=python))] == [False]


@pytest.mark.parametrize(
    ("row", "python", "groups"),
    [
        ("a,a,base.model_res_partner,base.group_user,1", MODEL, GROUPS),
        ("a,a,sale.model_sale_order,sale.group_x,1", MODEL, GROUPS),
        ("a,a,model_res_partner,,1", "class P(models.Model):\n    _inherit = 'res.partner'\n", GROUPS),
        ("a,a,model_x,,1", "NAME = 'x'\nclass X(models.Model):\n    _name = NAME\n", GROUPS),
        ("a,a,model_probe_x,,1", MODEL, "<odoo><record id='model_probe_x' model='ir.model'/></odoo>"),
        (
            "a,a,model_probe_rock,group_made,1",
            MODEL + "def hook(env): env['ir.model.data'].create({'name': 'group_made'})",
            GROUPS,
        ),
        ("a,a,model_pebble,,1", "class Pebble(models.Model): ...\n", GROUPS),
        (",,,,", MODEL, GROUPS),
    ],
)
def test_what_odoo_or_a_program_may_define_is_not_judged(row: str, python: str, groups: str) -> None:
    assert shown(secured(row, python=python, groups=groups)) == []


def test_models_are_not_judged_while_a_file_that_may_define_them_cannot_be_parsed() -> None:
    (finding,) = found(secured("a,a,model_probe_pebble,,1", python="class ("))
    assert "no Python" in finding.message


def test_groups_and_models_of_other_modules_of_the_checkout_are_known() -> None:
    other = secured("", name="other", python=MODEL.replace("probe.", "other."))
    row = "a,a,other.model_other_rock,other.group_user,1"
    assert shown(secured(row), other) == []
    (model, group) = shown(secured("a,a,other.model_other_rok,other.group_usr,1"), other)
    assert "model_other_rok" in model + group
    assert "other.group_usr is defined in no file" in model + group


def test_a_model_of_another_module_needs_that_modules_name() -> None:
    other = secured("", name="other", python=MODEL.replace("probe.", "other."))
    (line,) = shown(secured("a,a,model_other_rock,,1"), other)
    assert "belongs to the module that defines other.rock: write MODULE.model_other_rock" in line


def test_an_access_file_with_a_byte_order_mark_is_named() -> None:
    """It was said to have no column \'\\ufeffid\', of which one sees nothing."""
    text = written({"ir.model.access.csv": b"\xef\xbb\xbfid,name\n"}, manifest="{'data': ['ir.model.access.csv']}")
    (line,) = shown(text)
    assert line.startswith("!ir.model.access.csv:1: begins with a byte order mark")
    assert line.endswith("save it as UTF-8 without BOM")


def test_an_access_file_that_is_not_utf_8_is_named() -> None:
    text = written({"ir.model.access.csv": b"id,name\n\xff"}, manifest="{'data': ['ir.model.access.csv']}")
    (line,) = shown(text)
    assert line.startswith("!ir.model.access.csv:2: cannot be read: it is not written in UTF-8")


@pytest.mark.parametrize(
    ("column", "message"),
    [
        ("perm_wirte", "!ir.model.access.csv:1: there is no column 'perm_wirte'; did you mean perm_write?"),
        ("colour", "ir.model.access.csv:1: there is no column 'colour'"),
    ],
)
def test_a_column_that_an_access_file_cannot_have_is_named_and_stops_if_it_is_a_typo(column: str, message: str) -> None:
    access = f"id,name,model_id:id,group_id/id,active,{column}\na,a,model_probe_rock,,1,1\n"
    manifest = "{'data': ['ir.model.access.csv']}"
    assert shown(written({"__init__.py": MODEL, "ir.model.access.csv": access}, manifest=manifest)) == [message]


@pytest.mark.parametrize(
    ("header", "python"),
    [
        ("id,name,model_id.id,group_id/.id,perm_read", MODEL),
        ("id,name,model_id:id,perm_wirte", MODEL + "class A(models.Model):\n    _inherit = 'ir.model.access'\n"),
        ("id,name,model_id:id,perm_wirte", MODEL + "class A(models.Model):\n    _inherit = NAME\n"),
    ],
)
def test_a_column_that_may_be_there_is_not_judged(header: str, python: str) -> None:
    text = written({"__init__.py": python, "ir.model.access.csv": header}, manifest="{'data': ['ir.model.access.csv']}")
    assert shown(text) == []


def test_dots_in_the_id_of_a_model_stop_the_installation() -> None:
    (line,) = shown(secured("a,a,model_probe.rock,group_user,1"))
    assert line.endswith("model_probe.rock: in the id of a model its dots become underscores: model_probe_rock")
    assert line.startswith("!security/ir.model.access.csv:2:")


def test_columns_that_are_separated_by_semicolons_stop_the_installation() -> None:
    files = {"security/ir.model.access.csv": ACCESS.replace(",", ";")}
    (line,) = shown(written(files, manifest="{'data': ['security/ir.model.access.csv']}"))
    assert line == "!security/ir.model.access.csv:1: its columns are separated by semicolons: Odoo reads commas"


def test_a_line_with_the_id_of_another_takes_its_place() -> None:
    """As after a line was copied: the rights of the first are gone without a word."""
    lines = shown(secured("a,user,model_probe_rock,group_user,1\na,all,model_probe_rock,,0\nb,b,model_probe_rock,,0"))
    assert lines == ["security/ir.model.access.csv:3: the id a is that of line 2, too: only the later line counts"]


def test_a_group_of_one_module_may_be_defined_by_another_one() -> None:
    """By a row of a CSV file: Odoo refuses only a `<record>` that makes something new under such an id."""
    base = written({}, name="rocks")
    moved = written(
        {"res.groups.csv": "id,name\nrocks.group_old,Old\n"},
        name="quarry",
        manifest="{'depends': ['rocks'], 'data': ['res.groups.csv']}",
    )
    row = "a,a,model_probe_rock,rocks.group_old,1"
    assert shown(secured(row), base, moved) == []
    assert len(shown(secured(row), base)) == 1
