"""A wrong name leads to its very line, with the name that it should likely have been."""

from __future__ import annotations

from typing import Any

import pytest

from hub_runner.result import Problem
from tests.unit.verdict.story import INSTALLED, Story, log

HEAD = "Traceback (most recent call last):\n"
FRAMES = '  File "/usr/lib/odoo/loading.py", line 456, in load\n    load(\n    ~~~^^\n'
VIEW = """<odoo>
    <record id="view_list" model="ir.ui.view">
        <field name="model">traction.rock</field>
        <field name="arch" type="xml">
            <list><field name="minutes"/></list>
        </field>
    </record>
    <record
        id="view_form"
        model="ir.ui.view">
        <field name="model">traction.rock</field>
        <field name="arch" type="xml">
            <form>
                <button name="action_escalte" type="object"/>
                <label for="minuts"/>
                <field name="minuts"/>
            </form>
        </field>
    </record>
</odoo>
"""


def crash(exception: str, *hints: tuple[str, list[str]], **values: Any) -> dict[str, object]:
    told = [{"wrong": wrong, "names": names} for wrong, names in hints]
    values = {"loading": "traction", **values}
    return log("Failed to initialize database `t`.", "CRITICAL", exception=HEAD + FRAMES + exception, hints=told, **values)


def problem(story: Story, exception: str, *hints: tuple[str, list[str]], **manifest: Any) -> Problem:
    return Story(story.root, manifest=manifest).tells(INSTALLED, crash(exception, *hints)).ends(255).problem


def in_view(words: str) -> str:
    return (
        "odoo.tools.convert.ParseError: while parsing /mnt/extra-addons/traction/views.xml:10\n"
        f"Error while validating view near:\n\n<form>\n</form>\n{words}\n\nView error context:\n{{'line': 2}}\n"
    )


@pytest.mark.parametrize(
    ("words", "hint", "line"),
    [
        ('Field "minuts" does not exist in model "traction.rock"', ("minuts", ["minutes"]), 16),
        ("action_escalte is not a valid action on traction.rock", ("action_escalte", ["action_escalate"]), 14),
    ],
    ids=["field", "method"],
)
def test_a_wrong_name_in_a_view_leads_to_its_line_and_not_to_that_of_the_record(
    story: Story, words: str, hint: tuple[str, list[str]], line: int
) -> None:
    story.write("views.xml", VIEW)
    found = problem(story, in_view(words), hint)
    assert (found.file, found.line) == ("addons/traction/views.xml", line)
    assert found.message.endswith(f"{words}. Did you mean {hint[1][0]}?")


def test_the_same_word_in_another_record_is_not_taken_for_the_wrong_one(story: Story) -> None:
    story.write("views.xml", VIEW.replace("minutes", "minuts", 1))
    assert problem(story, in_view('Field "minuts" does not exist in model "x"'), ("minuts", [])).line == 16


def test_a_name_that_is_like_no_other_still_leads_to_its_line(story: Story) -> None:
    story.write("views.xml", VIEW)
    found = problem(story, in_view('Field "minuts" does not exist in model "x"'), ("minuts", []))
    assert found.line == 16
    assert "Did you mean" not in found.message


def test_a_wrong_dependency_of_a_computed_field_leads_to_its_decorator(story: Story) -> None:
    story.write(
        "models/rock.py", "class Rock(Model):\n    @api.depends('line_ids.minuts')\n    def _compute_sum(self): ...\n"
    )
    words = "ValueError: Wrong @depends on '_compute_sum' (compute method of field traction.rock.sum). "
    words += "Dependency field 'minuts' not found in model traction.line.\n"
    found = problem(story, words, ("minuts", ["minutes"]))
    assert (found.file, found.line) == ("addons/traction/models/rock.py", 2)
    assert found.message.endswith("Did you mean minutes?")


def test_a_model_that_is_not_there_leads_to_the_class_that_inherits_it(story: Story) -> None:
    story.write("models/partner.py", "class Partner(Model):\n    _inherit = 'res.patner'\n")
    found = problem(story, "TypeError: Model 'res.patner' does not exist in registry.\n", ("res.patner", ["res.partner"]))
    assert (found.file, found.line) == ("addons/traction/models/partner.py", 2)
    assert found.message.endswith("Did you mean res.partner?")


ACL = "id,name,model_id:id,group_id:id\na,a,model_traction_rock,base.group_user\nb,b,model_traction_rok,base.group_usr\n"


def refused(name: str, field: str) -> str:
    return (
        "Exception: Module loading traction failed: file traction/security/acl.csv could not be processed:\n"
        f"No matching record found for external id '{name}' in field '{field}'\n"
    )


def test_a_wrong_group_of_another_module_is_known_from_the_database(story: Story) -> None:
    story.write("security/acl.csv", ACL)
    found = problem(story, refused("base.group_usr", "Group"), ("base.group_usr", ["base.group_user"]))
    assert (found.file, found.line) == ("addons/traction/security/acl.csv", 3)
    assert found.message.endswith("Did you mean base.group_user?")


def test_a_model_that_nothing_imports_is_told_as_such(story: Story) -> None:
    story.write("security/acl.csv", ACL)
    story.write("models/rock.py", "class Rock(Model):\n    _name = 'traction.rock'\n")
    found = problem(story, refused("model_traction_rock", "Model"))
    assert found.line == 2
    assert (
        "models/rock.py defines the model traction.rock, and Odoo has not seen it: is it imported in models/__init__.py"
        in (found.message)
    )


def test_a_model_whose_name_is_mistyped_is_known_from_the_code(story: Story) -> None:
    story.write("security/acl.csv", ACL)
    story.write("models/rock.py", "class Rock(Model):\n    _name = 'traction.rock'\n")
    found = problem(story, refused("model_traction_rok", "Model"))
    assert found.line == 3
    assert found.message.endswith("Did you mean model_traction_rock?")


def test_an_id_in_a_file_that_the_manifest_does_not_list_is_told_where_it_is(story: Story) -> None:
    story.write("security/acl.csv", ACL.replace("base.group_usr", "group_rocker"))
    story.write("security/groups.xml", '<odoo><record id="group_rocker" model="res.groups"/></odoo>\n')
    found = problem(story, refused("group_rocker", "Group"), data=["security/acl.csv"])
    assert "security/groups.xml defines group_rocker, and the manifest does not list it" in found.message


def test_an_id_of_the_module_that_is_mistyped_is_known_from_its_files(story: Story) -> None:
    story.write("groups.xml", '<odoo><record id="group_rocker" model="res.groups"/></odoo>\n')
    story.write("security/acl.csv", ACL.replace("base.group_usr", "traction.group_roker"))
    found = problem(story, refused("traction.group_roker", "Group"), data=["groups.xml", "security/acl.csv"])
    assert (found.line, found.message.endswith("Did you mean group_rocker?")) == (3, True)


def test_a_file_that_the_manifest_names_wrongly_leads_to_the_manifest(story: Story) -> None:
    story.write("__manifest__.py", "{\n    'data': [\n        'views/rok.xml',\n    ],\n}\n")
    story.write("views/rock.xml", "<odoo/>\n")
    words = "FileNotFoundError: File not found: traction/views/rok.xml\n"
    found = problem(story, words, data=["views/rok.xml"])
    assert (found.file, found.line) == ("addons/traction/__manifest__.py", 3)
    assert found.message.endswith("a file that is not there. Did you mean views/rock.xml?")


def test_a_dependency_that_is_mistyped_is_known_from_its_neighbours(story: Story) -> None:
    (story.root / "addons" / "compliance").mkdir(parents=True)
    (story.root / "addons" / "compliance" / "__manifest__.py").write_text("{}", encoding="utf-8")
    found = problem(story, "UserError: You try to install module 'traction' that depends on module 'complaince'.\n")
    assert "Did you mean compliance?" in found.message


@pytest.mark.parametrize(
    ("file", "name", "advice"),
    [
        (
            "tests/test_it.py",
            "odoo_test_helper.reload",
            "odoo-test-helper: add it to test-requirements.txt in the checkout's",
        ),
        ("tests/test_it.py", "strange", "the package that brings 'strange': add it to test-requirements.txt"),
        ("models/rock.py", "jose", "python-jose: add it to external_dependencies of the manifest"),
    ],
)
def test_a_package_that_nobody_named_is_told_with_the_file_to_name_it_in(
    story: Story, file: str, name: str, advice: str
) -> None:
    frame = f'  File "/mnt/extra-addons/traction/{file}", line 3, in <module>\n    import {name}\n'
    assert advice in problem(story, f"{frame}ModuleNotFoundError: No module named '{name}'\n").message


@pytest.mark.parametrize(
    ("file", "name", "advice"),
    [
        ("__init__.py", "lumps", "write `from . import lumps`"),
        ("__init__.py", "sizes", "write `from . import sizes`, or `from .sizes import ...`"),
        ("lumps/heavy.py", "light", "write `from . import light`"),
        ("lumps/heavy.py", "sizes", "write `from .. import sizes`"),
        ("lumps/heavy.py", "heavy", "the package that brings 'heavy'"),
        ("sizes.py", "light", "the package that brings 'light'"),
    ],
)
def test_a_file_of_the_module_is_no_missing_package(story: Story, file: str, name: str, advice: str) -> None:
    folder = story.folder
    (folder / "lumps").mkdir()
    for path in ("sizes.py", "lumps/__init__.py", "lumps/heavy.py", "lumps/light.py"):
        (folder / path).touch()
    frame = f'  File "/mnt/extra-addons/traction/{file}", line 3, in <module>\n    import {name}\n'
    assert advice in problem(story, f"{frame}ModuleNotFoundError: No module named '{name}'\n").message


def test_a_module_of_odoo_that_is_not_there_is_no_missing_package(story: Story) -> None:
    found = problem(story, "ModuleNotFoundError: No module named 'odoo.addons.traction.helpers'\n")
    assert "No file names" not in found.message


@pytest.mark.parametrize(
    ("exception", "hint", "place", "advice"),
    [
        (
            "AssertionError: Field a.b.c with unknown comodel_name 'res.partnr'",
            ("res.partnr", ["res.partner"]),
            2,
            "res.partner",
        ),
        ("ValueError: 'rok_id' declared in 'a.b.c' does not exist on 'a.b'.", ("rok_id", ["rock_id"]), 3, "rock_id"),
        (
            "KeyError: 'Field emial referenced in related field definition a.b.c does not exist.'",
            ("emial", ["email"]),
            4,
            "email",
        ),
    ],
)
def test_a_fields_wrong_argument_leads_to_its_line_of_python(
    story: Story, exception: str, hint: tuple[str, list[str]], place: int, advice: str
) -> None:
    fields = "fields\npartner = Many2one('res.partnr')\nlines = One2many('a.b', 'rok_id')\nmail = Char(related='p.emial')\n"
    story.write("models.py", fields)
    found = problem(story, exception, hint)
    assert (found.file, found.line) == ("addons/traction/models.py", place)
    assert f"Did you mean {advice}?" in found.message


INVERSE = """  File "/usr/lib/odoo/fields.py", line 4585, in setup_nonrelated
    invf = comodel._fields[self.inverse_name]
{marks}KeyError: 'rok_id'
"""


@pytest.mark.parametrize("marks", ["", "           ~~~~~~~~~~~~~~~^^^^^^^^^^^^^^^^^^^\n"], ids=["3.10", "3.11"])
def test_an_inverse_of_which_odoo_says_only_its_name_leads_to_its_line(story: Story, marks: str) -> None:
    story.write("models.py", "fields\nlines = One2many('a.b', 'rok_id')\n    rock_id = fields.Many2one('a')\n")
    found = problem(story, INVERSE.format(marks=marks))
    assert (found.file, found.line) == ("addons/traction/models.py", 2)
    assert found.message.endswith("a field rok_id, which its model does not have. Did you mean rock_id?")


def test_an_inverse_that_is_like_no_field_is_told_all_the_same(story: Story) -> None:
    story.write("models.py", "lines = One2many('a.b', 'rok_id')\n    size = fields.Many2one('a')\n")
    found = problem(story, INVERSE.format(marks=""))
    assert found.line == 1
    assert found.message.endswith("a field rok_id, which its model does not have.")


def test_another_key_that_is_missing_is_not_taken_for_an_inverse(story: Story) -> None:
    assert "One2many" not in problem(story, "KeyError: 'rok_id'\n").message


def test_a_model_of_a_module_that_is_not_installed_leads_to_depends(story: Story) -> None:
    story.write("models.py", "_inherit = ['mail.thread']\n")
    crashed = crash("TypeError: Model 'a.b' inherits from non-existing model 'mail.thread'.")
    crashed["hints"] = [{"wrong": "mail.thread", "names": [], "module": "mail"}]
    found = Story(story.root).tells(INSTALLED, crashed).ends(255).problem
    assert (found.file, found.line) == ("addons/traction/models.py", 1)
    assert "mail.thread is in the module mail: add it to depends in the manifest." in found.message


@pytest.mark.parametrize(("column", "advice"), [("perm_wirte", "perm_write"), ("zzz", "ir.model.access has no field zzz")])
def test_a_wrong_column_leads_to_the_first_line_of_its_file(story: Story, column: str, advice: str) -> None:
    story.write("security/ir.model.access.csv", f"id,name,model_id:id,{column}\n")
    found = problem(story, f"ValueError: Invalid field name '{column}'", data=["views.xml", "security/ir.model.access.csv"])
    assert (found.file, found.line) == ("addons/traction/security/ir.model.access.csv", 1)
    assert advice in found.message


def test_a_column_that_no_listed_file_has_leads_nowhere(story: Story) -> None:
    assert problem(story, "ValueError: Invalid field name 'x'", data=["rock.csv"]).file is None


def test_what_odoos_schema_refuses_is_told_with_the_file_that_was_logged_before(story: Story) -> None:
    before = log("The XML file '/mnt/extra-addons/traction/data.xml' does not fit the required schema!", "ERROR")
    crashed = crash("AssertionError: Element odoo has extra content: record, line 2")
    found = Story(story.root).tells(INSTALLED, before, crashed).ends(255).problem
    assert (found.file, found.line) == ("addons/traction/data.xml", 2)
    assert "A <record> holds <field> elements only" in found.message


def test_attrs_lead_to_their_line_and_to_what_takes_their_place(story: Story) -> None:
    story.write("views.xml", VIEW.replace('<field name="minuts"/>', '<field name="x" attrs="{\'readonly\': []}"/>'))
    words = 'Since 17.0, the "attrs" and "states" attributes are no longer used.\nView: rock in traction/views.xml'
    exception = f"odoo.tools.convert.ParseError: while parsing /mnt/extra-addons/traction/views.xml:10\n{words}\n"
    found = problem(story, exception)
    assert (found.file, found.line) == ("addons/traction/views.xml", 16)
    assert "line 16: Since 17.0, the" in found.message


def test_a_reason_that_is_html_is_told_as_text(story: Story) -> None:
    story.write("views.xml", VIEW)
    words = "<b>Inconsistency</b><br/>For some.<br/>- field \u201cminuts\u201d does not exist in model \u201cx.y\u201d."
    found = problem(story, in_view(words), ("minuts", ["minutes"]))
    assert ": field \u201cminuts\u201d does not exist in model" in found.message
    assert "<b>" not in "".join((found.message, *found.details))


def test_an_external_id_of_a_module_that_is_not_installed_leads_to_depends(story: Story) -> None:
    found = problem(story, "ValueError: External ID not found in the system: mail.menu_root")
    assert "The module mail is not installed here: add it to depends in the manifest." in found.message


def test_a_dot_in_the_id_of_a_model_is_told(story: Story) -> None:
    exception = "Exception: Module loading traction failed: file traction/x.csv could not be processed:\n"
    found = problem(story, exception + "No matching record found for external id 'model_a.b' in field 'Model'")
    assert "its dots become underscores: model_a_b." in found.message


def test_a_package_that_a_library_wants_is_to_be_named(story: Story) -> None:
    said = "RuntimeError: The starlette.testclient module requires the httpx2 package to be installed.\nYou can install it"
    assert "wants the package httpx2, which no file names: add it to external_dependencies" in problem(story, said).message
