from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.verdict.story import INSTALLED, Story, about, event, log, ran, suite

ONE = (INSTALLED, suite("TestRock.test_one"), ran("TestRock.test_one"))
HEAD = "Traceback (most recent call last):\n"
LINK = "\n\nThe above exception was the direct cause of the following exception:\n\n"
FRAMES = '  File "/usr/lib/odoo/loading.py", line 456, in load\n    load(\n    ~~~^^\n'


def crash(exception: str, loading: str = "traction") -> dict[str, object]:
    return log("Failed to initialize database `t`.", "CRITICAL", loading=loading, exception=exception)


def test_a_module_that_odoo_left_out_is_never_green(story: Story) -> None:
    problem = story.tells(event("loading", module="base")).ends().problem
    assert (problem.kind, problem.return_code) == ("module_ignored", 7)


@pytest.mark.parametrize(
    ("manifest", "events", "words"),
    [
        ({"installable": False}, [], "addons/traction/__manifest__.py says `installable: False`"),
        ({"version": "17.0.1.0.0"}, [], "17.0.1.0.0 is of series 17.0, and this Odoo is 18.0-20250101"),
        ({"version": "17.0.1.0.0"}, [log("invalid module names, ignored: traction", "WARNING")], "is of series 17.0"),
        ({"version": "1.0-beta"}, [], "its version 1.0-beta is neither x.y nor x.y.z"),
        ({"version": "1.0"}, [log("invalid module names, ignored: traction", "WARNING")], "not on Odoo's addons path"),
        ({}, [INSTALLED], "installed already"),
        ({"version": "1.0.0"}, [], "nothing was recorded that tells why"),
    ],
)
def test_why_odoo_left_it_out_is_told(story: Story, manifest: dict[str, object], events: list[object], words: str) -> None:
    told = Story(story.root, manifest=manifest).tells(event("loading", module="base"), *events).ends()
    assert words in told.problem.message


def test_an_xml_error_is_told_by_its_cause_and_the_record(story: Story) -> None:
    text = (
        HEAD + FRAMES + "ValueError: Invalid field 'no_such' in 'res.partner'" + LINK + HEAD + FRAMES + "odoo.tools."
        "convert.ParseError: while parsing /mnt/extra-addons/traction/views.xml:6, somewhere inside\n"
        '<record id="bad" model="res.partner">\n        <field name="no_such">x</field>\n    </record>\n'
    )
    problem = story.tells(INSTALLED, crash(text)).ends(255).problem
    assert (problem.kind, problem.file, problem.line) == ("install_failed", "addons/traction/views.xml", 6)
    assert "addons/traction/views.xml, line 6: ValueError: Invalid field 'no_such'" in problem.message
    assert problem.details[0] == '<record id="bad" model="res.partner">'


def test_a_view_error_is_told_by_what_is_wrong_not_by_its_context(story: Story) -> None:
    text = (
        HEAD + FRAMES + "odoo.tools.convert.ParseError: while parsing /mnt/extra-addons/traction/views.xml:3\n"
        'Error while validating view near:\n\n<form>\n</form>\nField "no_such" does not exist in model "res.partner"\n\n'
        "View error context:\n{'file': '/mnt/extra-addons/traction/views.xml',\n 'line': 2}\n"
    )
    problem = story.tells(INSTALLED, crash(text)).ends(255).problem
    assert 'views.xml, line 3: Field "no_such" does not exist in model "res.partner". Correct that line.' in problem.message
    assert "View error context:" not in problem.details


def test_an_import_error_leads_to_the_line_of_the_import(story: Story) -> None:
    frame = '  File "/mnt/extra-addons/traction/models/rock.py", line 3, in <module>\n    from .no import no\n'
    problem = story.tells(INSTALLED, crash(HEAD + FRAMES + frame + "ImportError: cannot import 'no'\n")).ends(255).problem
    assert (problem.file, problem.line) == ("addons/traction/models/rock.py", 3)
    assert problem.message.startswith("traction could not be installed at")


def test_a_syntax_error_in_the_tests_is_told_as_such(story: Story) -> None:
    frame = '  File "/mnt/extra-addons/traction/tests/test_rock.py", line 5\n    def test_one(self)\n        ^\n'
    problem = story.tells(INSTALLED, crash(HEAD + FRAMES + frame + "SyntaxError: expected ':'\n")).ends(255).problem
    assert problem.message.startswith("The tests of traction could not be imported at addons/traction/tests/test_rock.py")
    assert "SyntaxError: expected ':'. Correct that line." in problem.message


def test_an_acl_before_its_group_is_told_what_to_move(story: Story) -> None:
    acl, groups = "security/ir.model.access.csv", "security/groups.xml"
    story.write(acl, "id,group_id:id\naccess_rock,traction.group_rock\n")
    story.write(groups, '<odoo><record id="group_rock" model="res.groups"/></odoo>\n')
    text = (
        HEAD + FRAMES + f"Exception: Module loading traction failed: file traction/{acl} could not be processed:\n"
        "No matching record found for external id 'traction.group_rock' in field 'Group'\n"
    )
    told = Story(story.root, manifest={"data": [acl, groups]}).tells(INSTALLED, crash(text)).ends(255)
    assert (told.problem.file, told.problem.line) == (f"addons/traction/{acl}", 2)
    assert f"{groups} defines traction.group_rock, and stands after {acl}" in told.problem.message


def test_an_acl_is_found_though_a_line_of_odoo_itself_reads_like_the_message(story: Story) -> None:
    text = (
        HEAD + '  File "/usr/lib/odoo/convert.py", line 805, in convert_csv_import\n'
        "    raise Exception(_('Module loading %s failed: file %s could not be processed:\\n %s') % (module, fname))\n"
        "Exception: Module loading traction failed: file traction/security/acl.csv could not be processed:\n No such thing\n"
    )
    problem = story.tells(INSTALLED, crash(text)).ends(255).problem
    assert "at addons/traction/security/acl.csv: No such thing. The whole traceback is in the log." in problem.message


@pytest.mark.parametrize("quote", ["'", '"'], ids=["up to 17.0", "from 18.0 on"])
def test_a_dependency_that_nobody_has_is_told_what_to_do(story: Story, quote: str) -> None:
    missing = f"UserError: You try to install module {quote}traction{quote} that depends on module {quote}mial{quote}.\n"
    problem = story.tells(event("loading", module="base"), crash(missing, loading="base")).ends(255).problem
    assert "Add mial to an addons folder" in problem.message


def test_a_dependency_in_the_checkout_that_odoo_leaves_out_is_told_by_its_manifest(story: Story) -> None:
    (story.root / "addons" / "rocks").mkdir(parents=True)
    (story.root / "addons" / "rocks" / "__manifest__.py").write_text("{}", encoding="utf-8")
    missing = 'UserError: You try to install module "traction" that depends on module "rocks".\n'
    problem = story.tells(event("loading", module="base"), crash(missing, loading="base")).ends(255).problem
    assert problem.file == "addons/rocks/__manifest__.py"
    assert "because rocks, which lies on Odoo's addons path, is refused at" in problem.message
    assert "Odoo refuses it for its version" in problem.message


@pytest.mark.parametrize("name", ["traction", "compliance"])
def test_a_manifest_of_another_series_is_named_whosever_it_is(story: Story, name: str) -> None:
    for module in ("traction", "compliance"):
        (story.root / "addons" / module).mkdir(parents=True, exist_ok=True)
    text = (
        HEAD + FRAMES + "ValueError: Invalid version '17.0.1.0.0'. Modules should have a version in format `x.y`." + LINK
        + HEAD + FRAMES + f"ValueError: Module {name}: invalid manifest\n"
    )  # fmt: skip
    problem = story.tells(event("loading", module="base"), crash(text, loading="base")).ends(255).problem
    assert (problem.kind, problem.file) == ("install_failed", f"addons/{name}/__manifest__.py")
    assert f"at addons/{name}/__manifest__.py: ValueError: Invalid version '17.0.1.0.0'." in problem.message
    assert "this one takes 18.0.x.y.z, or x.y.z alone" in problem.message


def test_a_dependency_that_breaks_is_named(story: Story) -> None:
    told = story.tells(event("loading", module="compliance"), crash("ValueError: no\n", loading="compliance")).ends(255)
    assert "because compliance, which it depends on, could not: ValueError: no" in told.problem.message


def test_only_the_first_crash_is_told(story: Story) -> None:
    assert len(story.tells(INSTALLED, crash("ValueError: 1\n"), crash("ValueError: 2\n")).ends(255).kinds) == 1


def test_a_database_that_went_away_is_told_as_such(story: Story) -> None:
    text = HEAD + FRAMES + "psycopg2.OperationalError: server closed the connection unexpectedly\n"
    problem = story.tells(INSTALLED, crash(text)).ends(255).problem
    assert (problem.kind, problem.return_code) == ("database_lost", 4)
    assert "server closed the connection" in problem.details[0]


def test_a_cursor_that_the_module_closed_is_no_lost_database(story: Story) -> None:
    text = HEAD + FRAMES + "psycopg2.InterfaceError: Cursor already closed\n"
    problem = story.tells(INSTALLED, crash(text)).ends(255).problem
    assert (problem.kind, problem.return_code) == ("install_failed", 7)
    assert "`with env.cr:`" in problem.message


def test_an_error_logged_while_the_module_was_installed_is_a_failure(story: Story) -> None:
    told = story.tells(INSTALLED, log("No rocks", loading="traction"), *ONE[1:]).ends()
    assert (told.problem.kind, told.problem.return_code) == ("install_errors", 7)
    assert "with 1 error in the log on the way" in told.problem.message
    assert told.problem.details == ("ERROR odoo.addons.traction: No rocks",)


def test_demo_data_that_could_not_be_loaded_is_a_failure_though_odoo_only_warns(story: Story) -> None:
    message = "Module traction demo data failed to install, installed without demo data"
    told = story.tells(INSTALLED, log(message, "WARNING", loading="traction", exception="ValueError: no\n"), *ONE[1:])
    assert told.ends().kinds == ["install_errors"]


def test_an_error_of_a_dependency_is_a_note(story: Story) -> None:
    found = story.tells(event("loading", module="mail"), log("No mail", loading="mail"), *ONE).ends().verdict
    assert found.passed
    assert found.notes == ("logged while mail was installed: ERROR odoo.addons.traction: No mail",)


def test_a_critical_record_of_a_test_is_no_crash_of_the_install(story: Story) -> None:
    critical = log("Bad", "CRITICAL", testing=True, exception="ValueError: no\n", test=about("TestRock.test_one"))
    told = story.tells(INSTALLED, suite("TestRock.test_one"), critical, ran("TestRock.test_one")).ends()
    assert told.kinds == ["test_logged_error"]


def test_a_variable_that_takes_the_place_of_odoo_conf_is_named(story: Story) -> None:
    """V7."""
    ignored = log("invalid module names, ignored: traction", "WARNING")
    told = story.tells(event("loading", module="base"), ignored).ends(variables=frozenset({"ODOO_ADDONS_PATH"}))
    assert "that ODOO_ADDONS_PATH lists it" in told.problem.message


def test_an_error_while_a_module_is_installed_that_the_user_takes_along_counts(tmp_path: Path) -> None:
    """Of a dependency it would be a note: but that both fit together is what the user asks."""
    events = (event("loading", module="other"), log("column contains null values", loading="other"), *ONE)
    assert Story(tmp_path).tells(*events).ends().kinds == []
    told = Story(tmp_path, along=("other",), asked_along=("other",)).tells(*events).ends()
    assert told.kinds == ["install_errors"]
    assert told.verdict.notes == ()


def test_a_module_that_the_user_takes_along_and_odoo_leaves_out_is_never_green(tmp_path: Path) -> None:
    told = Story(tmp_path, along=("other",), asked_along=("other",)).tells(*ONE).ends()
    assert told.kinds == ["module_ignored"]
    assert "Odoo left other out" in told.problem.message


def test_what_a_dependency_logs_as_critical_ends_nothing(story: Story) -> None:
    critical = log(
        "no sync", "CRITICAL", loading="mail", logger="odoo.addons.mail", exception=HEAD + FRAMES + "OSError: no\n"
    )
    told = story.tells(INSTALLED, critical, suite("TestRock.test_one"), ran("TestRock.test_one")).ends()
    assert told.verdict.passed


def test_what_the_module_logs_as_critical_is_an_error_on_the_way(story: Story) -> None:
    critical = log("no sync", "CRITICAL", loading="traction", logger="odoo.addons.traction", exception="OSError: no\n")
    told = story.tells(INSTALLED, critical, suite("TestRock.test_one"), ran("TestRock.test_one")).ends()
    assert told.kinds == ["install_errors"]
