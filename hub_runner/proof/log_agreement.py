"""Whether the log says what result.json says: hub-runner's own lines, and Odoo's on each test."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Sequence

from hub_runner.proof.bundle import Bundle
from hub_runner.proof.disagreement import Disagreement, contradiction
from hub_runner.report import log_lines
from hub_runner.result import Status
from hub_runner.settings import LOG, RESULT
from hub_runner.text import one_line, shorten

MOST = 8  # contradictions that are told of one part of the log
_ODOO = re.compile(
    r"^[\d-]{10} [\d:,]{12} \d+ (?P<level>[A-Z]+) \S+ odoo\.addons\.(?P<module>\w+)\.tests\.\S*: "
    r"(?P<what>Starting|FAIL:|ERROR:) (?:Subtest )?(?P<cls>\w+)\.(?P<method>test\S*)"
)


def log_with_result(bundle: Bundle) -> Iterator[Disagreement]:
    log = bundle.contents.get(LOG)
    if log is None:
        return
    text = log.decode(errors="replace")
    lines = text.split("\n")
    rule = log_lines.line(log_lines.RULE).rstrip("\n")
    ends = [number for number, line in enumerate(lines) if line == rule]
    if len(ends) < 2:
        yield contradiction(f"{LOG} has no {'footer' if ends else 'lines of hub-runner'}, and {RESULT} has a verdict")
        return
    begin = ends[-1]
    yield from _header(bundle, lines[:begin])
    if bundle.is_of_this_version:
        entries = log_lines.footer(bundle.result, bundle.causes)
        expected = "".join(log_lines.entry(label, value) for label, value in entries).rstrip("\n").split("\n")
        found = [line for line in lines[begin + 1 :] if line and not _is_evidence(line)]
        yield from _different_lines(expected, found, begin + 2)


def _header(bundle: Bundle, lines: Sequence[str]) -> Iterator[Disagreement]:
    text = "\n" + "\n".join(lines) + "\n"
    for label, value in log_lines.header(bundle.result.info).items():
        entry = log_lines.entry(label, value).encode(errors="replace").decode(errors="replace")
        if f"\n{entry}" in text:
            continue
        mark = log_lines.entry(label, "").rstrip("\n") + " "
        number = next((number for number, line in enumerate(lines, 1) if line.startswith(mark)), None)
        shown = shorten(one_line(value), 120)
        if number:
            said = shorten(one_line(lines[number - 1].removeprefix(log_lines.MARK).strip()), 140)
            yield contradiction(f"{LOG}, line {number}: {said!r}; {RESULT} says {shown!r}")
        else:
            yield contradiction(f"{LOG} has no line {label!r} in its header; {RESULT} says {shown!r}")


def _is_evidence(line: str) -> bool:
    return line.startswith((log_lines.entry("evidence", "").rstrip("\n"), log_lines.entry("check with", "").rstrip("\n")))


def _different_lines(expected: Sequence[str], found: Sequence[str], first: int) -> Iterator[Disagreement]:
    """The lines of a footer against those that follow from the result; ``first`` is the number of the first line."""
    expected = [line.encode(errors="replace").decode(errors="replace") for line in expected]
    changes = difflib.SequenceMatcher(None, expected, list(found), autojunk=False).get_opcodes()
    for kind, begin, end, start, stop in [change for change in changes if change[0] != "equal"][:MOST]:
        said, wanted = _shown(found[start:stop]), _shown(expected[begin:end])
        at = f"{LOG}, line {first + start}"
        if kind == "insert":
            yield contradiction(f"{at}: {said!r}, of which {RESULT} says nothing")
        elif kind == "delete":
            yield contradiction(f"{at}: here {wanted!r} should stand, as {RESULT} has it")
        else:
            yield contradiction(f"{at}: {said!r}; {RESULT} says {wanted!r}")


def _shown(lines: Sequence[str]) -> str:
    return shorten(one_line(" / ".join(line.removeprefix(log_lines.MARK).strip() for line in lines)), 160)


def log_with_tests(bundle: Bundle) -> Iterator[Disagreement]:
    """Odoo logs each test that it begins, and each that fails. A log without such lines (another log level) says nothing."""
    log = bundle.contents.get(LOG, b"").decode(errors="replace").split("\n")
    tests = log_lines.entry("phase", "tests").rstrip("\n")
    begin = max((number for number, line in enumerate(log) if line == tests), default=len(log))  # of the last try
    result, module = bundle.result, bundle.result.info.module
    statuses: dict[str, set[Status]] = {}
    last_half = result.verdict.outcomes[-1].demo if result.verdict.outcomes else ""
    for outcome in (it for it in result.verdict.outcomes if it.demo == last_half):
        statuses.setdefault(outcome.name, set()).add(outcome.status)
    unrun = {test.partition(":")[2] for test in result.verdict.unrun}
    begun: set[str] = set()
    told: list[Disagreement] = []
    for number, line in enumerate(log[begin:], begin + 1):
        match = _ODOO.match(line)
        if not match or match["module"] != module:
            continue
        test, begins = f"{match['cls']}.{match['method']}", match["what"] == "Starting"
        has_failed = not begins and match["level"] == "ERROR"
        begun |= {test} if begins else set()
        if test not in statuses and test not in unrun:
            told.append(contradiction(f"{LOG}, line {number}: {test} ran; {RESULT} does not have it"))
            unrun.add(test)  # it is told once
        elif has_failed and statuses.get(test) == {Status.PASSED}:
            told.append(contradiction(f"{LOG}, line {number}: {test} failed; {RESULT} says that it passed"))
    if begun:
        ended = {Status.PASSED, Status.FAILED, Status.ERROR}
        for test, seen in statuses.items():
            if seen <= ended and test not in begun and test.partition(".")[2].startswith("test"):
                told.append(contradiction(f"{RESULT} has {test}, which never begins in {LOG}"))
    yield from told[:MOST]
