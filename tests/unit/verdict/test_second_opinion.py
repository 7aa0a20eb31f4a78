"""Which verdict on a prepared database is not believed before a cold start has come to one, too."""

from __future__ import annotations

from typing import Any

import pytest

from hub_runner.verdict.second_opinion import UNKNOWN_ORDER
from tests.unit.verdict.story import INSTALLED, Story, about, event, log, ran, suite

ORDER = {"new": ["traction"], "after": ["bus", "web"]}
LATER, NONE_LATER = event("order", later=["web", "bus"], **ORDER), event("order", later=[], **ORDER)
NOT_NULL = 'psycopg2.errors.NotNullViolation: null value in column "notification_type" of relation "res_users"'


def failed(traceback: str) -> list[dict[str, Any]]:
    return ran("TestRock.test_one", "error", tracebacks=[f"Traceback (most recent call last):\n  ...\n{traceback}\n"])


def told(story: Story, order: dict[str, Any], *events: Any) -> Story:
    return story.tells(order, INSTALLED, suite("TestRock.test_one"), *events)


def test_a_green_run_is_believed(story: Story) -> None:
    assert told(story, LATER, ran("TestRock.test_one")).ends().verdict.doubt == ""


def test_a_green_run_that_takes_views_from_later_modules_is_not_believed(story: Story) -> None:
    """On a fresh database they may not be installed any more, and Odoo gives up."""
    views = event("endangered_views", views=["auth_passkey.users_form"])
    assert "auth_passkey.users_form may stand" in told(story, LATER, views, ran("TestRock.test_one")).ends().verdict.doubt


def test_a_red_run_is_not_believed_while_later_modules_are_in_the_database(story: Story) -> None:
    verdict = told(story, LATER, failed(NOT_NULL)).ends(1).verdict
    assert "modules of the prepared database (web, bus), which come later on a fresh one, may be why" in verdict.doubt


def test_a_red_run_is_believed_if_all_that_is_installed_comes_first_anyway(story: Story) -> None:
    assert told(story, NONE_LATER, failed(NOT_NULL)).ends(1).verdict.doubt == ""


def test_a_test_that_needs_a_later_module_fails_on_a_fresh_database_too(story: Story) -> None:
    need = event("need", **about("TestRock.test_one"), needs="web", what="res.partner.onchange")
    words = "AttributeError: 'res.partner' object has no attribute 'onchange'"
    assert told(story, LATER, failed(words), need).ends(1).verdict.doubt == ""


def test_one_failure_that_nothing_explains_is_enough(story: Story) -> None:
    need = event("need", **about("TestRock.test_one"), needs="web", what="res.partner.onchange")
    other = ran("TestRock.test_two", "failed", tracebacks=["AssertionError: 1 != 2"])
    assert told(story, LATER, failed("AttributeError: no"), other, need).ends(1).verdict.doubt


def of_a_page(page: str, *tags: str) -> list[Any]:
    found = suite("TestRock.test_one")
    found["tests"][0]["tags"] = [*tags, "standard"]
    logger = "INFO odoo.addons.traction.tests.test_rock.TestRock.test_one"
    opened = f'{logger}: Open "http://127.0.0.1:8069{page}" in browser'
    traceback = "Traceback (most recent call last):\n  ...\nAssertionError: Some js test failed\n"
    return [LATER, INSTALLED, found, ran("TestRock.test_one", "failed", tracebacks=[traceback], output=[opened])]


@pytest.mark.parametrize("page", ["/web/tests?headless&filter=Rock", "/web/tests/legacy?mod=web", "/web/tests"])
def test_unit_tests_in_javascript_meet_no_database(story: Story, page: str) -> None:
    """A second opinion on them took 80 s, or as long as their time limit."""
    assert story.tells(*of_a_page(page, "post_install")).ends(1).verdict.doubt == ""


@pytest.mark.parametrize(
    ("page", "tag"), [("/web/tests", "at_install"), ("/odoo/tests", "post_install"), ("/web/tests_of", "post_install")]
)
def test_other_pages_and_modules_that_are_not_all_loaded_leave_a_doubt(story: Story, page: str, tag: str) -> None:
    assert story.tells(*of_a_page(page, tag)).ends(1).verdict.doubt


def test_a_server_that_could_not_give_the_browser_its_code_leaves_a_doubt(story: Story) -> None:
    error = "Traceback (most recent call last):\n  ...\nSystemError: AST constructor recursion depth mismatch\n"
    place = about("TestRock.test_one")
    answer = log("Exception during request handling.", logger="odoo.http", exception=error, test=place, testing=True)
    *before, told = of_a_page("/web/tests", "post_install")
    assert story.tells(*before, told[0], answer, told[1]).ends(1).verdict.doubt


@pytest.mark.parametrize(
    "error",
    [
        "NameError: name 'x' is not defined",
        "ModuleNotFoundError: No module named 'x'",
        "AttributeError: module 'odoo.fields' has no attribute 'Chr'. Did you mean: 'Char'?",
        "AttributeError: type object 'Rock' has no attribute 'x'",
        "AttributeError: 'TestRock' object has no attribute 'assertEquals'. Did you mean: 'assertEqual'?",
        "FileNotFoundError: [Errno 2] No such file or directory: 'wkhtmltopdf'",
    ],
)
def test_a_fault_of_the_text_or_a_missing_program_is_believed(story: Story, error: str) -> None:
    assert told(story, LATER, failed(error)).ends(1).verdict.doubt == ""


def test_an_install_that_failed_is_not_believed_unless_the_text_is_at_fault(story: Story) -> None:
    def crash(exception: str) -> str:
        line = log("Failed to initialize database", "CRITICAL", loading="traction", exception=exception)
        return story.tells(LATER, INSTALLED, line).ends(255).verdict.doubt

    assert crash(f"Traceback\n{NOT_NULL}")
    assert crash("Traceback\nlxml.etree.XMLSyntaxError: line 3") == ""
    assert crash("Traceback\nAttributeError: module 'odoo.fields' has no attribute 'Chr'") == ""
    assert crash("Traceback\nAttributeError: 'NoneType' object has no attribute 'assertEquals_id'")
    assert crash("Traceback\nValueError: External ID not found in the system: web.layout") == ""
    assert crash("Traceback\nValueError: External ID not found in the system: traction.no_such_thing")


def test_a_run_that_was_killed_is_no_matter_of_the_database(story: Story) -> None:
    assert told(story, LATER, ran("TestRock.test_one")).breaks_off(137).verdict.doubt == ""


def test_pages_that_were_asked_for_early_are_in_doubt_even_if_all_is_green(story: Story) -> None:
    early = [{**item, "early_http": True} if item["event"] == "test" else item for item in ran("TestRock.test_one")]
    assert "asked for web pages" in told(story, LATER, early).ends().verdict.doubt


def test_a_wrong_order_is_in_doubt_even_if_all_is_green(story: Story) -> None:
    done = told(story, LATER, ran("TestRock.test_one")).ends()
    end = {**done.events[-1], "wrong_order": "bus was loaded where a fresh database loads web"}
    done.events[-1] = end
    assert "bus was loaded" in done.verdict.doubt


def test_an_odoo_whose_order_is_not_known_is_in_doubt(story: Story) -> None:
    failure = event("hook_failed", traceback=f"RuntimeError: {UNKNOWN_ORDER} in this Odoo: it has no phase.")
    verdict = Story(story.root, events=[event("start"), failure]).breaks_off(97).verdict
    assert "not known" in verdict.doubt


LACKING = "AttributeError: 'library.book' object has no attribute 'pags'. Did you mean: 'pages'?"
OWN, OF_ANOTHER = (
    "/mnt/extra-addons/traction/models/book.py",
    "/usr/lib/python3/dist-packages/odoo/addons/mail/models/rule.py",
)


def passed_through(file: str, source: str, error: str) -> str:
    return f'  File "{file}", line 9, in _compute_minutes\n    {source}\n           ^^^^\n{error}'


@pytest.mark.parametrize(
    ("file", "source", "error", "sure"),
    [
        (OWN, "book.minutes = book.pags * 2", LACKING, True),
        (OWN, "self.env['library.book'].create({'pags': 1})", "ValueError: Invalid field 'pags' in 'library.book'", True),
        (
            OWN,
            "search([('pags', '=', 1)])",
            "ValueError: Invalid field library.book.pags in condition ('pags', '=', 1)",
            True,
        ),
        (OWN, "self.env['library.book'].search([])", "ValueError: Invalid field library.book.pags in condition", False),
        (OF_ANOTHER, "book.pags", LACKING, False),
        (OWN, "book.pags", "AttributeError: 'NoneType' object has no attribute 'pags'", False),
    ],
)
def test_what_a_line_of_the_module_names_and_a_model_lacks_is_lacking_on_a_fresh_database_too(
    story: Story, file: str, source: str, error: str, sure: bool
) -> None:
    """Each first failure of a new module would cost a cold start otherwise. A rule of a later module may be wrong, too."""
    assert (told(story, LATER, failed(passed_through(file, source, error))).ends(1).verdict.doubt == "") is sure


@pytest.mark.parametrize(
    ("frame", "sure"), [("load_openerp_module\n    __import__(qualname)", True), ("_setup\n    load(", False)]
)
def test_what_fails_while_the_module_is_imported_has_met_no_database(story: Story, frame: str, sure: bool) -> None:
    """`fields.One2many("x")` took a cold start of two minutes on a busy machine."""
    exception = (
        f'Traceback (most recent call last):\n  File "/usr/lib/odoo/modules/module.py", line 505, in {frame}\n'
        f'  File "{OWN}", line 9, in Book\n    x = fields.One2many("x", 1, 2)\nTypeError: takes 2 positional arguments\n'
    )
    crash = log("Failed to initialize database", "CRITICAL", loading="traction", exception=exception)
    assert (story.tells(LATER, INSTALLED, crash).ends(255).verdict.doubt == "") is sure


@pytest.mark.parametrize(
    ("source", "sure"), [("compute='_compute_haevy'", True), ("compute='_compute_heavy'", False), ("_compute_haevy", False)]
)
def test_a_method_that_the_module_names_in_quotes_is_lacking_on_a_fresh_database_too(
    story: Story, source: str, sure: bool
) -> None:
    story.write("models.py", f"heavy = fields.Boolean({source})\n")
    error = "AttributeError: 'traction.rock' object has no attribute '_compute_haevy'. Did you mean: '_compute_heavy'?"
    traceback = passed_through("/mnt/extra-addons/traction/tests/test_rock.py", "self.assertTrue(rock.heavy)", error)
    assert (told(story, LATER, failed(traceback)).ends(1).verdict.doubt == "") is sure


def test_what_the_server_lacked_in_a_request_explains_the_test_that_waited_for_it(story: Story) -> None:
    error = f"Traceback (most recent call last):\n{passed_through(OWN, 'return book.pags', LACKING)}\n"
    place = about("TestRock.test_one")
    answer = log("Exception during request handling.", logger="odoo.http", exception=error, test=place, testing=True)
    traceback = "Traceback (most recent call last):\n  ...\nAssertionError: 500 != 200\n"
    test = ran("TestRock.test_one", "failed", tracebacks=[traceback])
    assert told(story, LATER, test[0], answer, *test[1:]).ends(1).verdict.doubt == ""


VIEW_ERROR = "Error while validating view near:\n\n<form>\n</form>\n{}\n\nView error context:\n{{}}"


@pytest.mark.parametrize(
    ("words", "line", "sure"),
    [
        (VIEW_ERROR.format('Field "minuts" does not exist in model "x"'), '<field name="minuts"/>', True),
        (VIEW_ERROR.format('Field "minuts" does not exist in model "x"'), '<field name="minutes"/>', False),
        (VIEW_ERROR.format("go_ot is not a valid action on x"), '<button name="go_ot"/>', True),
        ("ValueError: Invalid field 'pag' in 'x'", '<field name="pag">1</field>', True),
        ("ValueError: Invalid field 'pag' in 'x'", '<field name="pages">1</field>', False),
        ("ValueError: Invalid field 'pag' on model 'x'", '<field name="pag">1</field>', True),  # up to 18.0
    ],
)
def test_an_install_is_believed_to_fail_if_a_line_of_the_module_names_what_the_model_lacks(
    story: Story, words: str, line: str, sure: bool
) -> None:
    """A view that is inherited may be wrong by what a later module has put into it."""
    story.write("views.xml", f"<odoo>\n<record>\n{line}\n</record>\n</odoo>\n")
    exception = (
        'Traceback (most recent call last):\n  File "/usr/lib/odoo/loading.py", line 456, in load\n    load(\n'
        f"odoo.tools.convert.ParseError: while parsing /mnt/extra-addons/traction/views.xml:2\n{words}\n"
    )
    hints: list[dict[str, object]] = [{"wrong": wrong, "names": []} for wrong in ("minuts", "go_ot", "pag")]
    crash = log("Failed to initialize database", "CRITICAL", loading="traction", exception=exception, hints=hints)
    assert (story.tells(LATER, INSTALLED, crash).ends(255).verdict.doubt == "") is sure


@pytest.mark.parametrize(
    ("words", "line", "sure"),
    [
        ("ValueError: 'rok_id' declared in 'a.b.c' does not exist on 'a.b'.", "One2many('a.b', 'rok_id')", True),
        ("ValueError: 'rok_id' declared in 'a.b.c' does not exist on 'a.b'.", "One2many('a.b', 'rock_id')", False),
        ("    f = comodel._fields[self.inverse_name]\nKeyError: 'rok_id'", "One2many('a.b', 'rok_id')", True),
        ("KeyError: 'rok_id'", "One2many('a.b', 'rok_id')", False),
    ],
)
def test_an_inverse_that_a_line_of_the_module_names_is_lacking_on_a_fresh_database_too(
    story: Story, words: str, line: str, sure: bool
) -> None:
    """Modules that come later may add a field to a model, and take none away."""
    story.write("models.py", f"{line}\n")
    exception = f'Traceback (most recent call last):\n  File "/usr/lib/odoo/fields.py", line 4585, in setup\n{words}\n'
    hints: list[dict[str, object]] = [{"wrong": "rok_id", "names": []}] if "declared" in words else []
    crash = log("Failed to initialize database", "CRITICAL", loading="traction", exception=exception, hints=hints)
    assert (story.tells(LATER, INSTALLED, crash).ends(255).verdict.doubt == "") is sure
