"""What the page of several modules shows: of a batch, or of all shards of a matrix."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from hub_runner.report import phrases
from hub_runner.report.causes import distinct
from hub_runner.report.log_lines import header
from hub_runner.report.module_end import ModuleEnd
from hub_runner.report.page.bar import Segment, added, bar
from hub_runner.report.page.render import render
from hub_runner.report.page.run_page import Failure, failure
from hub_runner.result import Outcome, Result
from hub_runner.text import file_line, harmless, shorten

CAUSES = 4  # of each module; its own page has more
CAUSES_IN_ALL = 120
LINES = 10  # of a traceback
WIDTH = 300  # characters of a line
FAILURES = 8  # of a module whose result is not here
SLOWEST = 25
COMMON = ("hub-runner", "commit", "engine", "compose")  # facts of a run that are the same for all of a batch


@dataclass(frozen=True, kw_only=True)
class ModuleRow:
    """``page`` is the address of the page of its run; empty if there is none here."""

    end: ModuleEnd
    page: str
    failures: tuple[Failure, ...]
    lines: tuple[str, ...]  # problems, and the failures that are not told above
    more: int


@dataclass(frozen=True, kw_only=True)
class BatchPage:
    """The names are those of the template."""

    title: str
    word: str
    passed: bool
    return_code: int
    rows: tuple[ModuleRow, ...]
    parts: tuple[Segment, ...]
    slowest: tuple[Outcome, ...]
    facts: dict[str, str]
    notes: tuple[str, ...]
    measured: bool

    @property
    def red(self) -> list[ModuleRow]:
        return [row for row in self.rows if row.end.return_code != 0]

    @staticmethod
    def seconds(value: float) -> str:
        return phrases.seconds(value)


def batch_page(
    ends: Sequence[ModuleEnd], results: Mapping[str, Result], pages: Mapping[str, str], title: str, code: int
) -> bytes:
    """``results`` and ``pages`` (paths from the page's own folder) are by module, of those that are here."""
    return render("batch.html", page_of(ends, results, pages, title, code))


def page_of(
    ends: Sequence[ModuleEnd], results: Mapping[str, Result], pages: Mapping[str, str], title: str, code: int
) -> BatchPage:
    left, rows = CAUSES_IN_ALL, list[ModuleRow]()
    for end in sorted(ends, key=lambda end: (end.return_code == 0, end.module)):  # what is red comes first
        page = pages.get(end.module)
        row = _row(end, results.get(end.module), _address(page) if page else "", min(left, CAUSES))
        left -= len(row.failures)
        rows.append(row)
    tests = [outcome for result in results.values() for outcome in result.verdict.outcomes]
    return BatchPage(
        title=title,
        word=phrases.word(code),
        passed=code == 0,
        return_code=code,
        rows=tuple(rows),
        parts=bar(added(result.phases for result in results.values())),
        slowest=tuple(sorted(tests, key=lambda outcome: outcome.duration, reverse=True)[:SLOWEST]),
        facts=_facts(results),
        notes=tuple(
            shorten(f"{result.info.module}: {note}", WIDTH) for result in results.values() for note in result.verdict.notes
        )[:100],
        measured=any(end.coverable for end in ends),
    )


def _address(path: str) -> str:
    """A relative address, whatever the path looks like: no scheme and no host can be in it."""
    return f"./{quote(harmless(path))}"


def _row(end: ModuleEnd, result: Result | None, page: str, at_most: int) -> ModuleRow:
    if result is None:
        lines = end.failures
        return ModuleRow(end=end, page=page, failures=(), lines=_few(lines), more=len(lines[FAILURES:]))
    causes = distinct(result)
    problems = tuple(
        f"{problem.kind} {file_line(problem.file, problem.line)}".rstrip() + f": {problem.message}"
        for problem in result.verdict.shown_problems
    )
    return ModuleRow(
        end=end,
        page=page,
        failures=tuple(failure(result, cause, lines=LINES, names=6) for cause in causes[:at_most]),
        lines=_few(problems),
        more=len(causes[at_most:]) + len(problems[FAILURES:]),
    )


def _few(lines: Sequence[str]) -> tuple[str, ...]:
    return tuple(shorten(line, WIDTH * 2) for line in lines[:FAILURES])


def _facts(results: Mapping[str, Result]) -> dict[str, str]:
    """What was there, once for all modules that had the same."""
    found: dict[str, dict[str, None]] = {}
    for result in results.values():
        known = header(result.info)
        facts = {label: value for label, value in known.items() if label in COMMON or label.startswith("image ")}
        facts["odoo"] = result.verdict.odoo_version or "unknown"
        facts.update({f"added {package}": "" for package in result.info.packages})
        for label, value in facts.items():
            found.setdefault(label, {})[value] = None
    packages = sorted(label.removeprefix("added ") for label in found if label.startswith("added "))
    facts = {label: "; ".join(values) for label, values in found.items() if not label.startswith("added ")}
    return {**facts, **({"added packages": ", ".join(packages)} if packages else {})}
