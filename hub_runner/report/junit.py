"""``junit.xml`` for the test views of GitHub and GitLab: unique names, places, skips with reasons, every problem in red."""

from __future__ import annotations

import io
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from junitparser import Attr, Error, Failure, IntAttr, JUnitXml, Skipped, TestCase, TestSuite

from hub_runner.observers import Observer
from hub_runner.report import phrases, tracebacks
from hub_runner.report.causes import Cause, distinct
from hub_runner.report.log import LogFile
from hub_runner.report.result_file import write
from hub_runner.result import Outcome, Problem, Result, RunInfo, Status
from hub_runner.settings import JUNIT
from hub_runner.text import relative, shorten

# XML 1.0 cannot hold these characters, not even escaped.
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
LIMIT = 100_000  # characters of one text; readers refuse huge files


class Case(TestCase):
    file = Attr("file")
    line = IntAttr("line")


class JUnitFile(Observer):
    """Writes ``junit.xml`` at the end."""

    def __init__(self, log: LogFile) -> None:
        self._log = log

    def finished(self, result: Result) -> None:
        write(self._log, JUNIT, to_xml(result))


def to_xml(result: Result, causes: Sequence[Cause] | None = None) -> bytes:
    """``causes`` are those of the failures, if they are known already."""
    suite = TestSuite(clean(result.info.module))
    suite.timestamp = f"{result.info.started:%Y-%m-%dT%H:%M:%S}"
    for name, value in _properties(result).items():
        suite.add_property(name, clean(value))
    causes = distinct(result) if causes is None else causes
    met = {id(failure): cause for cause in causes for failure in cause.failures}
    tests = [_test(result.info, outcome, met.get(id(outcome))) for outcome in result.verdict.outcomes]
    suite.add_testcases([*_unique(tests), *_unique(_problems(result))])
    document = JUnitXml("hub-runner")
    document.add_testsuite(suite)
    document.update_statistics()  # type: ignore[no-untyped-call]  # junitparser's own
    buffer = io.BytesIO()
    document.write(buffer)
    return buffer.getvalue()


def clean(text: str) -> str:
    """``text`` with U+FFFD for each character that XML cannot hold, cut to the limit."""
    return _ILLEGAL.sub("\ufffd", text)[:LIMIT]


def _properties(result: Result) -> dict[str, str]:
    info = result.info
    properties = {
        "run": info.run_id,
        "commit": info.commit,
        "module_version": info.module_version,
        "module_tree": info.module_tree,
        "odoo_version": result.verdict.odoo_version,
        "stand_in": info.stand_in,
        "part": result.verdict.part,
    }
    return {name: value for name, value in properties.items() if value}


def _test(info: RunInfo, outcome: Outcome, cause: Cause | None) -> Case:
    case = Case(clean(_method(outcome)), clean(class_name(outcome)), outcome.duration)
    _locate(case, outcome.file, outcome.line)
    if outcome.status is Status.SKIPPED:
        case.result = [Skipped(clean(outcome.reason or "skipped"))]
    elif outcome.status is not Status.PASSED:
        kind = Failure if outcome.status is Status.FAILED else Error
        message = ": ".join(filter(None, (phrases.flaky(outcome), tracebacks.exception(outcome) or outcome.status.value)))
        parts = (outcome.traceback, outcome.server_traceback, *outcome.logged, _of(cause), phrases.reproduce(info, outcome))
        case.result = [_red(kind, message, "\n".join(filter(None, parts)))]
        # GitLab and Jenkins show a file that is named like this beside the test.
        attached = [f"[[ATTACHMENT|{relative(Path(picture), info.root)}]]" for picture in info.pictures_of(outcome.cls)]
        if attached:
            case.system_out = clean("\n".join(attached))
    return case


def _of(cause: Cause | None) -> str:
    """The line of the module that failed, and how many tests met it."""
    told = f"cause: {cause.exception} {cause.place} (tests: {len(cause.failures)})" if cause and cause.place else ""
    return "\n".join(filter(None, (told, cause.advice if cause else "")))


def _method(outcome: Outcome) -> str:
    return f"{outcome.method} [{outcome.half}]" if outcome.half else outcome.method


def class_name(outcome: Outcome) -> str:
    """The class as Python names it, with its file: two files may have a class of the same name."""
    _, found, inside = (outcome.file or "").rpartition(f"{outcome.module}/tests/")
    file = f".tests.{inside.removesuffix('.py').replace('/', '.')}" if found else ""
    return f"{outcome.module}{file}.{outcome.cls}"


def _problems(result: Result) -> Iterator[Case]:
    """A problem that is no failed test needs a case of its own, or the reader would show green."""
    return (_problem(result.info, problem) for problem in result.verdict.shown_problems)


def _problem(info: RunInfo, problem: Problem) -> Case:
    case = Case(clean(problem.kind), clean(f"hub-runner.{info.module}"), 0.0)
    _locate(case, problem.file, problem.line)
    text = "\n".join((problem.message, *problem.details))
    case.result = [_red(Error, shorten(problem.message, 500), text, kind=problem.kind)]
    return case


def _red(make: type[Failure | Error], message: str, text: str, *, kind: str | None = None) -> Failure | Error:
    entry = make(clean(message), clean(kind or message.partition(":")[0]))
    entry.text = clean(text)
    return entry


def _locate(case: Case, file: str | None, line: int | None) -> None:
    if file:
        case.file = clean(file)
    if line:
        case.line = line


def _unique(cases: Iterator[Case] | list[Case]) -> Iterator[Case]:
    """Numbers cases of the same class and name: readers keep only one of them."""
    seen: Counter[tuple[str, str]] = Counter()
    for case in cases:
        key = (case.classname, case.name)
        seen[key] += 1
        if seen[key] > 1:
            case.name = f"{case.name} ({seen[key]})"
        yield case
