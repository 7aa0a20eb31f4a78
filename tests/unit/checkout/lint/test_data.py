from __future__ import annotations

import pytest

from hub_runner.checkout.lint.text import Text
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


def test_a_data_file_that_is_not_there_stops_the_installation_at_its_line_of_the_manifest() -> None:
    """U5."""
    manifest = "{\n  'name': 'Probe',\n  'data': [\n    'views/rok.xml',\n  ],\n}"
    text = written({"views/rock.xml": "<odoo/>"}, manifest=manifest)
    assert shown(text)[0] == (
        "!__manifest__.py:4: views/rok.xml is listed in 'data' and does not exist; did you mean views/rock.xml?"
    )


def test_a_demo_file_that_is_not_there_does_not_stop_it() -> None:
    (finding,) = found(written({}, manifest="{'demo': ['demo.xml']}"))
    assert not finding.stops


def test_a_list_that_is_a_text_stops_the_installation() -> None:
    (finding,) = found(written({}, manifest="{'data': 'views.xml'}"))
    assert finding.stops
    assert "must be a list of files" in finding.message


@pytest.mark.parametrize("path", ["views/rock.xml", "data/rock.csv", "security/ir.model.access.csv", "report/deep/x.xml"])
def test_a_data_file_that_no_list_names_is_named(path: str) -> None:
    """U6: it passed without a word."""
    (finding,) = found(written({path: "<odoo/>"}))
    assert not finding.stops
    assert finding.message == f"no list of __manifest__.py names {path}, so Odoo does not load it"


@pytest.mark.parametrize(
    ("files", "manifest"),
    [
        ({"static/src/xml/rock.xml": "<t/>"}, "{}"),
        ({"tests/data/rock.xml": "<odoo/>"}, "{}"),
        ({"views/rock.xml": "<odoo/>"}, "{'demo': ['views/rock.xml']}"),
        ({"views/rock.xml": "<odoo/>"}, "{'data': ['./views/rock.xml']}"),
        ({"data/rock.xml": "<odoo/>"}, "{'assets': {'web.assets_backend': ['probe/static/x.js', 'data/rock.xml']}}"),
        ({"data/rock.xml": "<odoo/>", "hooks.py": "convert_file(env, 'probe', 'data/rock.xml')"}, "{}"),
        ({"data/rock.csv": "id", "hooks.py": "load(env, 'rock')"}, "{}"),
        ({"data/rock.csv": "id", "hooks.py": "load(env, 'data/rock')"}, "{}"),
        ({"data/template/account.account-de.csv": "id"}, "{}"),
        ({"data/rock.txt": ""}, "{}"),
    ],
)
def test_a_file_that_something_may_well_read_is_not_named(files: dict[str, str], manifest: str) -> None:
    assert shown(written(files, manifest=manifest)) == []


@pytest.mark.parametrize(
    ("files", "manifest"),
    [
        ({"views/rock.xml": "<odoo/>", "models/__init__.py": "from . import rock", "models/rock.py": "rock = 1"}, "{}"),
        ({"views/probe.xml": "<odoo/>", "hooks.py": "env.ref('probe.rock'), path('probe', 'static')"}, "{}"),
        ({"views/mail.xml": "<odoo/>"}, "{'depends': ['mail']}"),
    ],
)
def test_a_view_is_no_less_unlisted_because_its_model_or_its_module_bears_its_name(
    files: dict[str, str], manifest: str
) -> None:
    told = shown(written({**files, "__init__.py": "from . import models"}, manifest=manifest))
    assert any("no list of __manifest__.py names views/" in line for line in told), told


def test_xml_that_is_not_well_formed_stops_the_installation_at_its_line() -> None:
    """U5."""
    text = written({"data/rock.xml": "<odoo>\n  <record>\n</odoo>\n"}, manifest="{'data': ['data/rock.xml']}")
    assert shown(text) == ["!data/rock.xml:3: is not well-formed XML: mismatched tag: <record> of line 2 is still open"]


def test_broken_xml_in_demo_data_is_a_finding_that_does_not_stop_it() -> None:
    (finding,) = found(written({"demo/rock.xml": "<odoo>"}, manifest="{'demo': ['demo/rock.xml']}"))
    assert not finding.stops


@pytest.mark.parametrize(
    "xml", ["<?xml version='1.0' encoding='latin-1'?><odoo>\xe4</odoo>", "<t:a/>", "<!DOCTYPE odoo><odoo/>"]
)
def test_xml_that_odoo_takes_is_well_formed(xml: str) -> None:
    assert shown(written({"data/rock.xml": xml.encode("latin-1")}, manifest="{'data': ['data/rock.xml']}")) == []


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


def test_an_access_file_that_is_not_utf_8_is_named() -> None:
    text = written({"ir.model.access.csv": b"id,name\n\xff"}, manifest="{'data': ['ir.model.access.csv']}")
    (line,) = shown(text)
    assert line.startswith("!ir.model.access.csv:2: cannot be read: is not UTF-8")


@pytest.mark.parametrize(
    ("version", "series", "ok"),
    [
        ("18.0.1.0.0", "19.0", False),
        ("saas~19.2.1.0.5", "19.0", False),
        ("18.0.1.0.0", None, True),
        ("19.0.1.0.0", "19.0", True),
        ("1.0.0", "19.0", True),
        ("1.0", "19.0", True),
    ],
)
def test_a_version_of_another_series_is_named_if_the_series_is_known(version: str, series: str | None, ok: bool) -> None:
    known = {"series": series} if series else {}
    lines = shown(written({}, manifest=f"{{'version': {version!r}}}", **known))
    assert (
        lines == [] if ok else [f"__manifest__.py:1: version {version} is not of Odoo {series}, which does not install it"]
    )


def test_a_missing_comma_between_two_data_files_is_named() -> None:
    lines = shown(written({"a.xml": "<odoo/>", "b.xml": "<odoo/>"}, manifest="{'data': ['a.xml' 'b.xml']}"))
    assert lines == [
        "!__manifest__.py:1: a.xmlb.xml is listed in 'data' and does not exist; a comma is missing after 'a.xml'"
    ]


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


@pytest.mark.parametrize(
    ("xml", "line", "message"),
    [
        ("<odoo>\n<record name='a & b'/>\n</odoo>", 2, "& is written &amp;"),
        ("<odoo>\n<record name=\u201ca\u201d/>\n</odoo>", 2, "a typographic quote is none for XML"),
        ("<odoo>\n<record domain=\"[('a', '<', 1)]\"/>\n</odoo>", 2, "in an attribute < is written &lt;"),
        ("<odoo>\n<record id=a/>\n</odoo>", 2, "the value of an attribute stands in quotes"),
        ("<odoo>\n<record id='a'name='b'/>\n</odoo>", 2, "a quote or a blank before an attribute may be missing"),
        ("<odoo>\n<record>\n</odoo>", 3, "<record> of line 2 is still open"),
        ("<odoo>\n<data>\n</data>\n", 4, "<odoo> of line 1 is never closed"),
    ],
)
def test_what_makes_xml_not_well_formed_is_said_in_plain_words(xml: str, line: int, message: str) -> None:
    (shown_line,) = shown(written({"a.xml": xml}, manifest="{'data': ['a.xml']}"))
    assert shown_line.startswith(f"!a.xml:{line}: is not well-formed XML: ")
    assert message in shown_line
