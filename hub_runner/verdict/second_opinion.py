"""Whether a cold start could come to another verdict than a run on a prepared database did.

Modules of a prepared database are loaded in the order of a fresh one, so a test meets the same models and methods in both.
But their tables, columns and records are in the database already: a column that a later module made may refuse what the
tested module writes. Such a red verdict is not believed before a cold start has come to it, too.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from hub_runner.checkout.python import lies_in
from hub_runner.exit_codes import Kind
from hub_runner.result import Outcome, Problem
from hub_runner.text import last_line, listed
from hub_runner.verdict.evidence import Evidence
from hub_runner.verdict.forgotten_tests import POSITIONS
from hub_runner.verdict.source_lines import lines_of, lines_with

# What may follow from the contents of the database. A process that was killed, or a test that never ran, does not.
BY_THE_DATABASE = (Kind.INSTALL_FAILED, Kind.INSTALL_ERRORS, Kind.TESTS_FAILED, Kind.TEST_LOGGED_ERROR)
# Faults of the module's own text, and a program that the image lacks: no database causes or cures them.
ERRORS = "SyntaxError|IndentationError|ImportError|ModuleNotFoundError|NameError|XMLSyntaxError"
OF_THE_TEXT = re.compile(
    rf"^(\w+\.)*({ERRORS})\b|^AttributeError: (?:module|type object) '|"
    r"^AttributeError: '\w+' object has no attribute '(?:assert|fail)[A-Za-z]+'|"  # of unittest, and often one that is gone
    r"^FileNotFoundError: \[Errno 2\] No such file or directory: '[^/']+'$"
)
# Odoo imports a module before it opens anything of it in the database.
IN_IMPORT = re.compile(r"in load_openerp_module\n\s+__import__\(")
# A model (its name has a dot) lacks a method or a field: by then a fresh database has loaded the same classes. It is the
# module's own fault if its own line names what is missing: a rule or a view of a later module may name something, too.
OF_A_MODEL = re.compile(
    r"^AttributeError: '\w+(?:\.\w+)+' object has no attribute '(\w+)'|^ValueError: Invalid field '?(?:[\w.]+\.)?(\w+)"
)
FRAME = re.compile(r'^  File "([^"]+)", line \d+, in .*\n    (.+)', re.MULTILINE)
OF_A_LINE = re.compile(
    r"""Field "(\w+)" does not exist in model|(\w+) is not a valid action on |Invalid field '(\w+)' (?:in|on model) '|"""
    r"Dependency field '(\w+)' not found in model|unknown comodel_name '([\w.]+)'|"
    r"'(\w+)' declared in '[\w.]+' does not exist on|KeyError: '(\w+)'\. This One2many"  # the latter up to 18.0
)
# What a test that needs a later module ends with, and what no content of a database brings about.
SURE = ("AttributeError: ", "NotImplementedError: ", "ValueError: External ID not found")
EXTERNAL_ID = re.compile(r"External ID not found in the system: (\w+)\.")
# Odoo logs the page that a test opens. The JavaScript of these pages runs against a server that is made up in the browser.
JS_SUITE = re.compile(r'Open "https?://[^/"]+/web/tests[/?"]')
UNKNOWN_ORDER = "The order of loading cannot be changed"


def doubt(evidence: Evidence, problems: Sequence[Problem]) -> str:
    """Why a cold start may come to another verdict; empty if it cannot."""
    record = evidence.record
    if UNKNOWN_ORDER in (record.hook_failure or ""):
        return "this Odoo's order of loading modules is not known"
    if record.wrong_order:
        return f"the modules of the prepared database were loaded in another order than in a fresh one: {record.wrong_order}"
    if not record.later:
        return ""
    later = f"modules of the prepared database ({', '.join(listed(record.later, 3))})"
    if record.early_http:
        return "tests asked for web pages before `web` was loaded, whose pages are in the prepared database"
    if record.endangered_views:
        views = ", ".join(listed(record.endangered_views, 3))
        return f"the module takes away parts of views on which {views} may stand, which come later on a fresh database"
    if any(_may_be_of_the_database(problem, evidence) for problem in problems):
        return f"the run is red, and {later}, which come later on a fresh one, may be why"
    return ""


def _may_be_of_the_database(problem: Problem, evidence: Evidence) -> bool:
    if problem.kind not in BY_THE_DATABASE:
        return False
    if problem.kind == Kind.TESTS_FAILED:
        return not all(_is_explained(failure, evidence) for failure in evidence.failures)
    if problem.kind == Kind.INSTALL_FAILED and evidence.crash:
        last = last_line(evidence.crash.exception)
        missing = EXTERNAL_ID.search(last)
        return not (
            OF_THE_TEXT.match(last)
            or IN_IMPORT.search(evidence.crash.exception)
            or _is_in_own_line(problem, evidence)
            or (missing and missing[1] in evidence.record.after)
        )
    return True


def _is_in_own_line(problem: Problem, evidence: Evidence) -> bool:
    """Whether the line of the module that is to blame names what the model lacks: a field, a method, a model."""
    named = OF_A_LINE.search(problem.message)
    if not named or not problem.file:
        return False
    lines = lines_of(evidence.settings.root / problem.file)
    number = problem.line or 0
    word = re.escape(next(filter(None, named.groups())))
    return 0 < number <= len(lines) and bool(re.search(rf"""["'.]{word}["'.]""", lines[number - 1]))


def _is_explained(failure: Outcome, evidence: Evidence) -> bool:
    """Whether a fresh database gives the same failure for sure: what the test needs is not there either.

    A model that is missing is no proof: the prepared database lists the models of later modules, and a test that goes
    through that list meets one.
    """
    if _was_green_beside(failure, evidence) or _is_js_suite(failure, evidence):
        return True
    last = last_line(failure.traceback)
    needy = {(test.cls, test.method) for test, _, _ in evidence.record.needs}
    if OF_THE_TEXT.match(last) or any(
        _is_named_by_own_line(it, evidence) for it in (failure.traceback, failure.server_traceback)
    ):
        return True
    return (failure.cls, failure.method) in needy and last.startswith(SURE)


def _was_green_beside(failure: Outcome, evidence: Evidence) -> bool:
    """Whether it passed on the same database, with the same modules loaded: not if it runs at both positions."""
    return failure.is_flaky and not _tags(failure, evidence) >= POSITIONS


def _tags(failure: Outcome, evidence: Evidence) -> set[str]:
    found = (it for it in evidence.record.found if (it.test.cls, it.test.method) == (failure.cls, failure.method))
    return {tag for item in found for tag in item.tags or ()}


def _is_named_by_own_line(traceback: str, evidence: Evidence) -> bool:
    """Whether a line of the module, on the way to the error, names what the model lacks, or any of its lines in quotes.

    The name of a method that computes a field stands in quotes, and on no way to the error.
    """
    lacking = OF_A_MODEL.match(last_line(traceback))
    if not lacking:
        return False
    word = lacking[1] or lacking[2]
    module = evidence.module.name
    if any(lies_in(file, module) and re.search(rf"\b{word}\b", source) for file, source in FRAME.findall(traceback)):
        return True
    return any(lines_with(evidence.module.folder, re.compile(rf"""["']{word}["']""")))


def _is_js_suite(failure: Outcome, evidence: Evidence) -> bool:
    """Whether unit tests in JavaScript failed. If all modules are loaded, they meet the same code on a fresh database.

    An error of the server itself, which could not give the browser that code, is another matter.
    """
    if failure.server_traceback:
        return False
    tags = _tags(failure, evidence)
    return bool(tags) and "at_install" not in tags and any(map(JS_SUITE.search, failure.logged))
