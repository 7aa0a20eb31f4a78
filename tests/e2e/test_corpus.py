"""Each module of the corpus gets the verdict that it deserves, from a real Odoo."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from hub_runner.engine import images
from hub_runner.engine.client import connect
from hub_runner.report.causes import distinct
from hub_runner.report.page.run_page import run_page
from hub_runner.result import Result, Status, Verdict
from hub_runner.settings import Settings
from tests.e2e.lab import CORPUS, ROOT, WHOLE_CORPUS, Lab, environment
from tests.reference.__main__ import stored
from tests.unit.report import samples
from tests.unit.report.page.outline import ATTRIBUTES, ELEMENTS, Outline

pytestmark = pytest.mark.e2e


@dataclass(frozen=True)
class Case:
    """``words`` are patterns that the first problem (or the notes, where there is none) must hold."""

    module: str
    kinds: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    counts: tuple[int, int, int] = (0, 0, 0)  # passed, failed or error, skipped
    place: str = ""  # file:line of the first problem, below the module's folder
    depends: tuple[str, ...] = ()
    until: str = ""
    since: str = ""  # the first series that refuses it: an older one takes it, and its test passes
    settings: dict[str, Any] = field(default_factory=dict)
    id: str = ""


NIGHTLY = "*/passing:TestNightly.test_long"
HANGING = '"line": 10, "event": "test"'  # the one that sleeps has started


NO_BODIES = (r"TestRock\.test_without_base", r"test_function", r"test_async .* coroutine", r"test_generator .* generator")
WARNINGS = (r"no access rules", r"unknown parameter '?colour", r"Rock 7 is heavy")
WAIVED = ("warnings:no access rules", "warnings:unknown parameter*colour", "warnings:Rock 7 is heavy")


def exiting(module: str, kind: str, *words: str) -> Case:
    return Case(module, (kind,), (*words, r"during TestExit\.test_exit"), (1, 0, 0))


def broken(module: str, place: str, *words: str, **more: Any) -> Case:
    return Case(module, ("install_failed",), words, place=place, **more)


def mistake(name: str, place: str, *words: str, since: str = "") -> Case:
    return broken(f"mistake_{name}", place, *words, since=since)


def on(series: str, case: Case) -> Case:
    """What is expected of it on that series."""
    older = bool(case.since) and float(series) < float(case.since)
    return replace(case, kinds=(), words=(), counts=(1, 0, 0), place="") if older else case


# Mistakes of a first module that only its tests meet: what a cause says, its place, and the advice.
IN_TESTS = {
    "test_access": (
        "AccessError: You are not allowed to create 'Stone'",
        "tests/test_it.py:7",
        "for mistake_in_tests.stone and",
    ),
    "test_action": ("no attribute 'action_archve'", "tests/test_it.py:10", "Did you mean action_archive?"),
    "test_create": ("'NoneType' object has no attribute 'name'", "tests/test_it.py:14", "create() must return"),
    "test_default": ("Wrong value for mistake_in_tests.rock.state: 'nwe'", "tests/test_it.py:17", "stands in models.py:11)"),
    "test_domain": ("Invalid field mistake_in_tests.stone.wieght", "tests/test_it.py:20", "Did you mean weight?"),
    "test_model": ("KeyError: 'mistake_in_tests.stnoe'", "tests/test_it.py:23", "Did you mean mistake_in_tests.stone?"),
    "test_no_self": (
        "takes 0 positional arguments but 1 was given",
        "tests/test_it.py:25",
        "first parameter of a method is self",
    ),
    "test_recursion": ("RecursionError: maximum recursion depth", "models.py:43", "calls the method that it stands in"),
    "test_reference": ("External ID not found in the system: base.group_usr", "tests/test_it.py:32", "base.group_user?"),
    "test_required": ('null value in column "name"', "tests/test_it.py:35", "The field name is required"),
    "test_singleton": ("Expected singleton: mistake_in_tests.rock(", "models.py:20", "There are several records"),
    "test_unassigned": ("Compute method failed to assign", "tests/test_it.py:43", "It is _compute_hours in models.py:14."),
    "test_values": ("Invalid field 'nmae' in 'mistake_in_tests.stone'", "tests/test_it.py:46", "Did you mean name?"),
    "setUpClass": ("'NoneType' object is not subscriptable", "tests/test_it.py:52", "super().setUpClass()"),
}

CASES = (
    Case("passing", words=(r"1 test deselected by tags: TestNightly\.test_long",), counts=(3, 0, 1)),
    Case("passing", ("tests_failed",), (r"TestNightly",), (0, 1, 0), settings={"test_tags": "nightly"}, id="nightly"),
    Case("passing", ("tests_failed",), counts=(0, 1, 0), settings={"test_tags": NIGHTLY}, id="reproduced"),
    Case("passing", ("no_tests",), ("test-tags 'weekly' selects none",), settings={"test_tags": "weekly"}, id="weekly"),
    Case("passing", counts=(1, 0, 0), settings={"test_tags": "/passing:TestPostInstall.test_truth"}, id="one test"),
    Case("passing_http", counts=(1, 0, 0)),
    Case("passing_logs", counts=(3, 0, 0)),
    Case("passing_on_failing", counts=(1, 0, 0), depends=("failing",)),
    Case("passing_tricky", words=(r"1 test method written, .*TestNever\.test_never",), counts=(10, 0, 2)),
    Case("failing", ("tests_failed",), (r"1 of 2 tests failed",), (1, 1, 0), "tests/test_it.py:6"),
    Case("failing_error", ("tests_failed",), (r"1 of 1 test failed",), (0, 1, 0), "tests/test_it.py:10"),
    Case("failing_http", ("tests_failed",), (r"1 of 1 test failed",), (0, 1, 0), "tests/test_it.py:8"),
    Case("failing_same_name", ("tests_failed",), (r"1 of 2 tests failed",), (1, 1, 0)),
    Case(
        "failing_setup_class", ("tests_failed",), (r"2 test classes could not be .* did not run", r"setUpClass"), (1, 2, 0)
    ),
    Case("failing_made_class", ("tests_failed",), (r"TestMade\.tearDownClass",), (1, 1, 0)),
    Case("failing_subtest", ("tests_failed",), (r"test_numbers \(2 subtests\)",), (0, 1, 0), "tests/test_it.py:8"),
    Case("failing_twice", ("tests_failed",), (r"1 of 1 test failed",), (0, 1, 0), "tests/test_it.py:11"),
    Case("failing_post_install", ("tests_failed",), (r"TestPostInstall\.test_after",), (0, 1, 0), "tests/test_it.py:7"),
    Case("failing_log", ("test_logged_error",), (r"TestLog\.test_logs: ERROR .*escalate rock 7",), (1, 0, 0)),
    Case(
        "failing_log", words=(r"logged-errors: .*rock 7",), counts=(1, 0, 0), settings={"logged_errors": "note"}, id="noted"
    ),
    Case("failing_log", counts=(1, 0, 0), settings={"waive": ("logged-errors:escalate rock",)}, id="waived"),
    Case("passing_warnings", words=WARNINGS, counts=(1, 0, 0)),
    Case("passing_warnings", ("warnings",), (r"3 warnings", *WARNINGS), (1, 0, 0), settings={"warnings": "fail"}, id="fail"),
    Case("passing_warnings", counts=(1, 0, 0), settings={"warnings": "fail", "waive": WAIVED}, id="waived"),
    Case("failing_log_set_up", ("test_logged_error",), (r"Something in setUpClass",), (1, 0, 0)),
    broken("broken_xml", "views.xml:7", r"Invalid field 'no_such_field'", r'<record id="partner_bad"'),
    broken("broken_xml_syntax", "views.xml:5", r"XMLSyntaxError"),
    broken("broken_view", "views.xml:8", r'Field "no_such_field" does not exist'),
    broken("broken_acl", "security/ir.model.access.csv:2", r"groups\.xml defines broken_acl\.group_rock, and stands after"),
    broken("broken_missing_file", "__manifest__.py:7", r"views/missing\.xml, a file that is not there"),
    broken("broken_import", "models.py:3", r"No module named '\S+helpers'"),
    broken("broken_syntax", "models.py:1", r"SyntaxError"),
    broken("broken_tests_import", "tests/test_it.py:1", r"The tests of \w+ could not be imported", r"no_such_library"),
    broken("broken_tests_syntax", "tests/test_it.py:5", r"The tests of \w+ could not be imported", r"SyntaxError"),
    broken("broken_dependency", "", r"no_such_module"),
    broken("broken_python_dependency", "", r"no_such_library"),
    broken("broken_on_broken", "../broken_xml/views.xml:7", r"because broken_xml, which it", depends=("broken_xml",)),
    broken("broken_view_field", "views/rock.xml:25", r'Field "minuts" does not exist.*Did you mean minutes\?'),
    broken(
        "broken_view_button", "views/rock.xml:25", r"action_escalte is not a valid action.*Did you mean action_escalate\?"
    ),
    broken("broken_group", "security/ir.model.access.csv:2", r"Did you mean base\.group_user"),
    broken(
        "broken_unimported",
        "security/ir.model.access.csv:2",
        r"models/rock\.py defines .* is it imported in models/",
    ),
    broken("broken_depends", "models/rock.py:11", r"Dependency field 'minuts' not found.*Did you mean minutes\?"),
    broken("broken_inherit", "models/rock.py:5", r"Did you mean res\.partner\?"),
    broken("broken_unlisted", "security/ir.model.access.csv:2", r"groups\.xml defines group_rocker, .*does not list it"),
    mistake("api_one", "models.py:10", r"no attribute 'one'", r"gone since 13\.0"),
    mistake("attrs", "views.xml:9", r'"attrs" and "states" attributes are no longer used', r'invisible="not is_big"'),
    mistake("comodel", "models.py:9", r"unknown comodel_name 'res\.partnr'", r"Did you mean res\.partner\?", since="19.0"),
    mistake("csv_column", "security/ir.model.access.csv:1", r"'perm_wirte'", r"Did you mean perm_write\?"),
    mistake("csv_dot", "security/ir.model.access.csv:2", r"become underscores: model_mistake_csv_dot_rock\."),
    mistake("demand", "data.xml:7", r"invalid literal for int", r'belongs into ref="'),
    mistake("domain", "views.xml:10", r'Unknown field "res\.partner\.compnay_type"', r"Did you mean company_type\?"),
    mistake("eval_name", "data.xml:7", r"name 'true' is not defined", r"True, False or None"),
    mistake("inverse", "models.py:8", r"'rok_id' declared in|KeyError: 'rok_id'", r"Did you mean rock_id\?"),
    mistake("menu", "menu.xml:8", r"base\.action_partner_frm", r"Did you mean base\.action_partner_form\?"),
    mistake("modifier", "views.xml:8", r"is_bgi. does not exist in model", r"Did you mean is_big\?"),
    mistake("odoo_tag", "data.xml:2", r"extra content: record", r"<record> holds <field> elements only"),
    mistake("order", "menu.xml:6", r"rock_action\. views\.xml defines .* stands after menu\.xml"),
    mistake("related", "models.py:9", r"Field emial referenced in related field", r"Did you mean email\?"),
    mistake("renamed", "groups.xml:4", r"Invalid field 'category_id' in 'res\.groups'", r"has a privilege_id", since="19.0"),
    mistake("required", "data.xml:5", r'null value in column "name"', r"The field name is required"),
    mistake("selection", "data.xml:7", r"Wrong value for .*: 'nwe'", r"Did you mean new\?"),
    mistake("tree", "views.xml:6", r"Invalid view type: 'tree'|Wrong value for ir\.ui\.view\.type: 'tree'", r"write <list>"),
    mistake("undeclared", "models.py:7", r"non-existing model 'mail\.thread'", r"is in the module mail: add it to depends"),
    mistake("undeclared_view", "views.xml:2", r"mail\.menu_root_discuss", r"The module mail is not installed here"),
    mistake("view_model", "views.xml:4", r"Model not found: mistake_view_model\.rok", r"mistake_view_model\.rock\?"),
    mistake("xpath", "views.xml:7", r"cannot be located in parent view", r"Nothing in the parent view fits"),
    Case("mistake_in_tests", ("tests_failed",), (r"13 of 13 tests failed, and 1 test class",), (0, 14, 0)),
    Case("broken_hook", ("install_errors",), (r"The rocks could not be migrated",), (1, 0, 0)),
    Case("broken_demo", ("install_errors",), (r"Invalid field 'no_such_field'",), (1, 0, 0), "demo.xml:7"),
    Case("ignored_not_installable", ("module_ignored",), (r"`installable: False`",), place="__manifest__.py:None"),
    Case("ignored_series", ("module_ignored", "install_failed"), (r"12\.0|invalid manifest",)),
    Case("no_such_module", ("module_ignored",), (r"not on Odoo's addons path",)),
    Case(
        "social_media", ("another_copy",), (r"social_media: taken from /\S+/odoo/addons/social_media, and not from tests/",)
    ),
    Case("empty", ("no_tests",), (r"Write \S+/empty/tests/test_something\.py",)),
    Case("empty_init", ("no_tests",), (r"imports none", r"tests/test_forgotten\.py: 1 test")),
    Case("empty_no_init", ("no_tests",), (r"imports none", r"tests/test_forgotten\.py: 1 test")),
    Case("empty_forgotten", ("forgotten_files",), (r"rock_test\.py: 1 test", r"test_forgotten\.py: 1 test"), (1, 0, 0)),
    Case("empty_skipped", ("all_skipped",), (r"until the model is there",), (0, 0, 2)),
    Case("empty_methods", ("not_run",), (r"TestPlain", r"TestNowhere", r"TestIt\.test_twice \(\S+:19\)"), (1, 0, 0)),
    Case(
        "empty_post_install", ("not_run",), (r"1 test method", r"TestAfter\.test_after .*no post_install tests"), (1, 0, 0)
    ),
    Case("empty_bodies", ("not_run",), (r"4 test methods", *NO_BODIES), (2, 0, 0)),
    Case("hostile_logging", ("log_blinded",), (r"handlers of the root logger were exchanged",), (1, 0, 0)),
    Case("hostile_record", ("record_forged",), (r"2 of its lines are not the recorder's own",)),
    Case("hostile_replaced", ("not_run",), (r"1 test method", r"TestIt\.test_replaced .* in the place of"), (2, 0, 0)),
    Case("hostile_fake_success", ("tests_failed",), (r"1 of 1 test failed",), (0, 1, 0)),
    Case("hostile_fake_failure", counts=(1, 0, 0)),
    exiting("hostile_exit", "left_early", r"exit code 0\)"),
    exiting("hostile_kill", "killed", r"killed by SIGKILL.*exit code 137"),
    exiting("hostile_terminate", "killed", r"SIGINT or SIGTERM"),
    Case("hostile_exit_at_import", ("left_early",), (r"exit code 0\)", r"SystemExit: 0")),
    Case("hostile_exit_at_install", ("left_early",), (r"exit code 0\) while hostile_exit_at_install was being loaded",)),
    Case("hostile_sys_exit", ("tests_failed",), (r"TestExit\.test_exit", r"2 of 3 tests failed"), (1, 2, 0)),
    Case("hostile_hang", ("time_limit",), (r"still at work during TestExit\.test_exit",), (1, 0, 0), until=HANGING),
    Case("hostile_thread", ("time_limit",), (r"Odoo had finished",), (1, 0, 0), until='"event": "end"'),
    Case("hostile_noise", ("test_logged_error",), (r"the one that matters",), (1, 0, 0)),
    Case("hostile_markup", ("tests_failed",), (r"1 of 2 tests failed",), (0, 1, 1), "tests/test_it.py:14"),
    Case("hostile_tools", counts=(2, 0, 0)),
    Case("order_needs_web", ("tests_failed", "undeclared"), (r"1 of 2 tests failed",), (1, 1, 0), "tests/test_it.py:8"),
    Case("order_needs_auto", ("tests_failed", "undeclared"), (r"1 of 2 tests failed", r"test_after"), (1, 1, 0)),
    Case("order_external_id", ("tests_failed", "undeclared"), (r"test_layout",), (0, 1, 0)),
    Case("order_post_install", counts=(1, 0, 0)),
    Case("order_hook", counts=(1, 0, 0)),
    broken("order_hook_needs_web", "__init__.py:2", r"External ID not found in the system: web\.layout"),
    Case("order_computed", counts=(2, 0, 0)),
    Case("order_user", counts=(1, 0, 0)),
    Case("order_menus", counts=(1, 0, 0)),
    Case("hostile_database", ("database_lost", "tests_failed"), (r"db service's own log",), (0, 2, 0)),
)
ALWAYS = ("mistake_in_tests",)
JUDGED = [case for case in CASES if WHOLE_CORPUS or case.module in ALWAYS or not case.module.startswith("mistake_")]
PARAMETERS = [pytest.param(case, id=f"{case.module}{case.id and ': ' + case.id}") for case in JUDGED]


@pytest.fixture(scope="session")
def lab() -> Iterator[Lab]:
    engine = connect()
    odoo_image = os.environ.get("HUB_RUNNER_ODOO_IMAGE", Settings.odoo_image)  # that is how another series is chosen
    chosen = images.choose(Settings(root=ROOT, odoo_image=odoo_image), engine.client)
    engine.client.close()
    lab = Lab(project=f"hub-corpus-{os.getpid()}", environ=environment(chosen.odoo, chosen.db))
    try:
        lab.compose("up", "--detach", "--wait")
        lab.prepare()
        yield lab
    finally:
        lab.compose("down", "--volumes", "--timeout=0")


@pytest.fixture(scope="session")
def verdicts(lab: Lab, request: pytest.FixtureRequest) -> Iterator[dict[str, Future[Verdict]]]:
    """All the cases that were asked for, two at a time: Odoo mostly computes, and CI machines have two cores."""
    asked_for = [case for item in request.session.items if (case := _parameters(item).get("case"))]
    chosen = {str(case): case for case in asked_for}  # once each, though more than one test takes a case
    pool = ThreadPoolExecutor(2)
    try:
        yield {key: pool.submit(_tested, lab, number, case) for number, (key, case) in enumerate(chosen.items())}
    finally:
        pool.shutdown(cancel_futures=True)  # after Ctrl-C nobody wants the rest


def _parameters(item: Any) -> dict[str, Any]:
    parameters: dict[str, Any] = getattr(getattr(item, "callspec", None), "params", {})
    return parameters


def _tested(lab: Lab, number: int, case: Case) -> Verdict:
    return lab.test(case.module, *case.depends, number=number, until=case.until, **case.settings)


@pytest.mark.parametrize("case", PARAMETERS)
def test_each_module_gets_the_verdict_it_deserves(case: Case, verdicts: dict[str, Any]) -> None:
    verdict = verdicts[str(case)].result()
    case = on((verdict.odoo_version or "").partition("-")[0], case)
    kinds = tuple(problem.kind for problem in verdict.problems)
    assert kinds == case.kinds or (case.module == "ignored_series" and kinds[0] in case.kinds)
    assert (verdict.count(Status.PASSED), len(verdict.failures), verdict.count(Status.SKIPPED)) == case.counts
    said = "\n".join((verdict.problems[0].message, *verdict.problems[0].details) if verdict.problems else verdict.notes)
    for pattern in case.words:
        assert re.search(pattern, said), f"{pattern!r} is not in:\n{said}"
    if case.place:
        file, _, line = case.place.rpartition(":")
        first = verdict.problems[0]
        expected = (CORPUS / case.module / file).resolve().relative_to(ROOT).as_posix()
        assert (first.file, str(first.line)) == (expected, line)


def test_a_failed_http_case_shows_the_servers_side_and_its_output(verdicts: dict[str, Any]) -> None:
    (case,) = (case for case in CASES if case.module == "failing_http")
    if str(case) not in verdicts:
        pytest.skip("it was not chosen")
    (outcome,) = verdicts[str(case)].result().outcomes
    assert "ZeroDivisionError: division by zero" in outcome.server_traceback
    assert re.search(r'failing_http/controllers\.py", line 15, in _weight', outcome.server_traceback)
    assert "asking for the rocks" in outcome.logged
    assert "INFO odoo.addons.failing_http.controllers: Weighing the rocks" in outcome.logged


def test_what_only_tests_meet_leads_to_its_line_with_what_to_do(verdicts: dict[str, Any]) -> None:
    (case,) = (case for case in CASES if case.module == "mistake_in_tests")
    if str(case) not in verdicts:
        pytest.skip("it was not chosen")
    folder = CORPUS / case.module
    info = replace(samples.info(ROOT), module=case.module, module_folder=folder)
    causes = distinct(Result(info=info, verdict=verdicts[str(case)].result(), finished=info.started, phases={}, cleanup=""))
    told = {cause.failures[0].method: cause for cause in causes}
    assert set(told) == set(IN_TESTS)
    for method, (exception, place, advice) in IN_TESTS.items():
        cause = told[method]
        assert exception in cause.exception.replace("' on model '", "' in '")  # up to 18.0
        assert cause.place == f"{folder.relative_to(ROOT).as_posix()}/{place}"
        guessed = re.sub(r"Did you mean: '(\w+)'", r"Did you mean \1", cause.exception)  # by Python itself: not told twice
        assert advice in f"{guessed} {cause.advice}"


def test_what_a_hostile_module_says_is_text_on_its_page(verdicts: dict[str, Any]) -> None:
    (case,) = (case for case in CASES if case.module == "hostile_markup")
    if str(case) not in verdicts:
        pytest.skip("it was not chosen")
    outline = Outline(run_page(replace(samples.red(), verdict=verdicts[str(case)].result())))
    assert set(outline.elements) <= ELEMENTS
    assert set(outline.attributes) <= ATTRIBUTES
    assert outline.text.count("<script>window.pwned = 2</script>") >= 3, (
        "the message, what was logged, why a test was skipped"
    )


def test_each_module_of_the_corpus_is_judged() -> None:
    """Two have a run of their own: `hostile_memory` (test_traction.py) would take the memory of its neighbours here, and
    `order_not_null` (test_warm.py) is about a prepared database with `mail`."""
    folders = {path.parent.name for path in CORPUS.glob("*/__manifest__.py")} - {"hostile_memory", "order_not_null"}
    assert folders <= {case.module for case in CASES}


AS_BARE = {"": "passed", "tests_failed": "failed", "install_failed": "not installed"}
CLOSER = ("hostile_", "ignored_", "social_media")  # bare Odoo is fooled by them, or says nothing: test_corpus.py says it all


@pytest.mark.parametrize("series", sorted(stored()))
@pytest.mark.parametrize("case", [pytest.param(it, id=it.module) for it in JUDGED if not it.settings])
def test_no_verdict_differs_from_bare_odoo_but_where_hub_runner_is_stricter(series: str, case: Case) -> None:
    """Bare Odoo's answers are stored: `nox -s corpus -- --reference` asks for them again."""
    answers, case = stored()[series], on(series, case)
    if case.module not in answers or case.module.startswith(CLOSER):
        pytest.skip("bare Odoo is no judge of it")
    answer, kind = answers[case.module], case.kinds[0] if case.kinds else ""
    assert answer.verdict == AS_BARE.get(kind, answer.verdict)
    if kind not in AS_BARE:  # found by looking closer
        assert answer.verdict in ("passed", "no tests")
    if kind in ("", "tests_failed"):
        assert len(answer.failing) == case.counts[1]
