"""The end of a batch: a table of its modules, what failed in them, ``batch.json`` and ``batch.xml``."""

from __future__ import annotations

import dataclasses
import io
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from junitparser import Error, JUnitXml, TestCase, TestSuite
from junitparser.junitparser import JUnitXmlError

import hub_runner
from hub_runner.exit_codes import of_batch
from hub_runner.host.files import BROKEN_FILE, write_whole
from hub_runner.report import phrases
from hub_runner.report.coverage_files import combine
from hub_runner.report.junit import clean
from hub_runner.report.module_end import ModuleEnd
from hub_runner.report.page.page_files import write_batch_page
from hub_runner.report.result_file import Json, dumps, expect_schema
from hub_runner.settings import BATCH_JSON, BATCH_XML, JUNIT, REPORT
from hub_runner.text import counted, one_line, percentage, shorten

SCHEMA = 1
NAME = 40  # characters of a module's name in the table
FAILURES = 3  # named for each module
WIDTH = 300  # characters of a line


def exit_code(ends: Sequence[ModuleEnd]) -> int:
    """That with which the command of these modules ends, unless a signal came between two of its runs."""
    codes = [end.return_code for end in ends if end.return_code is not None]
    return of_batch(codes, never_run=len(ends) - len(codes))


def lines(ends: Sequence[ModuleEnd], seconds: float, code: int, *, quiet: bool = False) -> Iterator[tuple[str, str]]:
    """The table, then the failures, then one line on all, each with a style as in a run's summary."""
    if not quiet:
        yield "", ""
        yield from _table(ends)
    for end in ends:
        if end.failures or (quiet and end.return_code != 0):  # the table that is left out says who has no result
            yield shorten(one_line(end.summary), WIDTH), "bad"
        if end.failures:
            yield from ((f"  {failure}", "bad") for failure in end.failures[:FAILURES])
            if more := end.failures[FAILURES:]:
                yield f"  ... and {len(more)} more: `show {end.module} --failures`", "bad"
            if end.reproduce:
                yield f"  repeat: {end.reproduce}", ""
    yield f"{summary(ends, seconds, code)}; {BATCH_JSON}, {BATCH_XML} (exit code {code})", "bad" if code else "good"


def summary(ends: Sequence[ModuleEnd], seconds: float, code: int) -> str:
    """One sentence on all modules."""
    red = [end for end in ends if end.return_code]
    missing = sum(end.return_code is None for end in ends)
    parts = sum(bool(end.part) for end in ends)
    tests = f"only a part of {parts}, " * bool(parts) + counted(sum(end.tests for end in ends), "test")
    never = f", {missing} not run" if missing else ""
    coverable, covered = sum(end.coverable for end in ends), sum(end.covered for end in ends)
    tests += f", {percentage(100 * covered / coverable)} covered," if coverable else ""
    if code:
        return f"FAILED: {len(red)} of {len(ends)} modules red{never}, {tests} in {phrases.seconds(seconds)}"
    return f"PASSED: {len(ends)} modules, {tests} in {phrases.seconds(seconds)}"


def _table(ends: Sequence[ModuleEnd]) -> Iterator[tuple[str, str]]:
    width = min(NAME, max((len(end.module) for end in ends), default=0) + 1)
    measured = any(end.coverable for end in ends)
    yield f"{'module':<{width}} {'verdict':<11} {'tests':>5} {'failed':>6} {'seconds':>7}{' coverage' * measured}", "dim"
    for end in ends:
        name = shorten(one_line(end.module), width)
        numbers = (
            f"{end.tests:>5} {end.failed:>6} {end.seconds:>7.1f}{end.coverage:>9}" if end.return_code is not None else ""
        )
        numbers = numbers.rstrip() + f"  only {shorten(end.part, NAME)}" * bool(end.part)
        style = "good" if end.return_code == 0 else "bad" if end.return_code is not None else "warn"
        yield f"{name:<{width}} {end.word:<11} {numbers}".rstrip(), style


def document(ends: Sequence[ModuleEnd], seconds: float, code: int, *, merged: bool = False) -> Json:
    """What batch.json holds. ``merged``: not of a command that has tested the modules, but of what shards have left."""
    return {
        "schema": SCHEMA,
        "hub_runner": hub_runner.__version__,
        "passed": code == 0,
        "return_code": code,
        "summary": summary(ends, seconds, code),
        "seconds": round(seconds, 3),
        **({"merged": True} if merged else {}),
        "modules": [dataclasses.asdict(end) for end in ends],
    }


def ends_in(document: Json) -> list[ModuleEnd]:
    """How the modules of a batch.json ended. Raises what ``host.files.BROKEN`` lists if it is none."""
    expect_schema(document, SCHEMA)
    return [ModuleEnd.read(values) for values in document["modules"]]


def to_xml(ends: Sequence[ModuleEnd], output: Path, files: Mapping[str, Path] | None = None) -> bytes:
    """The test suites of all runs in one document. A module without a suite of its own is an error in one of ours.

    ``files`` are, by module, the JUnit files with the suites of modules whose runs' folders are not here.
    """
    whole = JUnitXml("hub-runner")
    files = files or {}
    elsewhere = {file: {suite.name: suite for suite in _suites(file)} for file in set(files.values())}
    for end in ends:
        suites = _suites(output / end.folder / JUNIT) if end.folder and not files else []
        if end.return_code is not None and end.module in files:
            suite = elsewhere[files[end.module]].get(clean(end.module))
            suites = [] if suite is None else [suite]
        for suite in suites or [_missing(end)]:
            whole.add_testsuite(suite)
    whole.update_statistics()  # type: ignore[no-untyped-call]  # junitparser's own
    buffer = io.BytesIO()
    whole.write(buffer)
    return buffer.getvalue()


def _suites(path: Path) -> list[TestSuite]:
    """Those of a file; none if it cannot be read, or if its numbers are none."""
    try:
        read = JUnitXml.fromfile(str(path))
        suites = [read] if isinstance(read, TestSuite) else list(read)
        for suite in suites:
            counting = JUnitXml()
            counting.add_testsuite(suite)
            counting.update_statistics()  # type: ignore[no-untyped-call]  # junitparser's own
    except (ET.ParseError, JUnitXmlError, *BROKEN_FILE):
        return []
    return suites


def _missing(end: ModuleEnd) -> TestSuite:
    suite = TestSuite(clean(end.module))
    case = TestCase("no_result", clean(f"hub-runner.{end.module}"), 0.0)
    case.result = [Error(clean(end.summary), "no_result")]
    suite.add_testcase(case)
    return suite


def write(
    ends: Sequence[ModuleEnd], seconds: float, code: int, output: Path, *, suites: Mapping[str, Path] | None = None
) -> list[str]:
    """Writes both files, and what was measured of coverage, into ``output``; what kept one from being written, as sentences.

    ``suites`` are as for ``to_xml``; the reports on coverage of a shard lie beside them.
    """
    shards = list(dict.fromkeys(suite.parent for suite in (suites or {}).values()))
    contents = {
        BATCH_JSON: (dumps(document(ends, seconds, code, merged=suites is not None)) + "\n").encode(),
        BATCH_XML: to_xml(ends, output, suites),
    }
    troubles = []
    for name, content in contents.items():
        try:
            output.mkdir(parents=True, exist_ok=True)
            write_whole(output / name, content)
        except OSError as error:
            troubles.append(f"{name} could not be written: {error}.")
    parts = [(end.module, end.coverage, output / end.folder) for end in ends if end.folder and end.coverable]
    try:
        combine([("", "", shard) for shard in shards] or parts, output, pages=not shards)
    except BROKEN_FILE as error:
        troubles.append(f"The reports on coverage could not be combined: {error}.")
    try:
        write_batch_page(ends, output, shards or [output], summary(ends, seconds, code), code)
    except Exception as error:  # noqa: BLE001  # a page is no reason to lose a verdict
        troubles.append(f"{REPORT} could not be written: {error!r}.")
    return troubles
