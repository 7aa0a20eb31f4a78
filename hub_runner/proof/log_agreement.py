"""Whether the log says what result.json says: hub-runner's own lines, and Odoo's on each test."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping, Sequence

from hub_runner.proof.bundle import Bundle
from hub_runner.proof.disagreement import Disagreement, contradiction
from hub_runner.report import log_lines
from hub_runner.result import HALVES, Status
from hub_runner.settings import LOG, RESULT
from hub_runner.text import one_line, shorten
from hub_runner.verdict.unrun import NO_TEST

BEGIN = len(log_lines.MARK) + 1  # of the label in a line of ours
# What a run learns once and for all, if at all: a warm start and a port may be given up for a second try.
ONCE = ("with", "engine", "compose", "added", "STAND-IN")
NAMES = ("run", "hub-runner", "commit", "module tree")  # what the header of any version says in the same way
MOST = 8  # contradictions that are told of one part of the log
_HEAD = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} \d+ [A-Z]+ ")  # of a line that Odoo logs
_ODOO = re.compile(
    r"[\d-]{10} [\d:,]{12} \d+ (?P<level>[A-Z]+) \S+ odoo\.addons\.(?P<module>\w+)\.tests\.\S*: "
    r"(?P<what>Starting|FAIL:|ERROR:) (?:Subtest )?"
    # Odoo has the __qualname__: a class may stand in another one, or in a function. A name that code makes may have blanks.
    r"(?:[\w<>]+\.)*(?P<cls>\w+)\.(?P<method>test(?:.*(?= \.\.\.\s*$)|\S*))(?P<rest>.*)"
)


def log_with_result(bundle: Bundle) -> Iterator[Disagreement]:
    """Each line of hub-runner's own that says something else than the result. Raises Unreadable."""
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
    entries = list(log_lines.footer(bundle.result, bundle.causes))
    found = [line for line in lines[begin + 1 :] if line and not _is_evidence(line)]
    if bundle.is_of_this_version:
        expected = "".join(log_lines.entry(label, value) for label, value in entries).rstrip("\n").split("\n")
        yield from _different_lines(expected, found, begin + 2)
    else:
        yield from _numbers(dict(reversed(entries)), found, begin + 2)


def _numbers(entries: Mapping[str, str], found: Sequence[str], first: int) -> Iterator[Disagreement]:
    """The lines of the footer that are no sentences, of whatever version: the verdict's first word, its code, the counts."""
    said = {line[BEGIN : BEGIN + log_lines.LABEL].strip(): line[BEGIN + log_lines.LABEL + 1 :] for line in reversed(found)}
    for label in ("VERDICT", "exit code", "tests"):
        here, there = said.get(label, "nothing"), entries[label]
        if label == "VERDICT":
            here, there = here.partition(" ")[0], there.partition(" ")[0]
        if here != there:
            yield contradiction(f"{LOG}, below line {first - 1}: {label} is {one_line(here)!r}; {RESULT} says {there!r}")


def _header(bundle: Bundle, lines: Sequence[str]) -> Iterator[Disagreement]:
    text = "\n" + "\n".join(lines) + "\n"
    known = log_lines.header(bundle.result.info, bundle.version)
    for number, line in enumerate(lines, 1):
        label = line[BEGIN : BEGIN + log_lines.LABEL].rstrip() if line.startswith(log_lines.MARK) else ""
        if label in ONCE and label not in known:
            yield contradiction(f"{LOG}, line {number}: {_shown([line])!r}, of which {RESULT} says nothing")
    for label, value in known.items():
        if not (bundle.is_of_this_version or label in NAMES or label.startswith("image ")):
            continue
        entry = log_lines.entry(label, value).encode(errors="replace").decode(errors="replace")
        if f"\n{entry}" in text:
            continue
        mark = log_lines.entry(label, "").rstrip("\n") + " "
        place = next((number for number, line in enumerate(lines, 1) if line.startswith(mark)), None)
        shown = shorten(one_line(value), 120)
        if place:
            said = shorten(one_line(lines[place - 1].removeprefix(log_lines.MARK).strip()), 140)
            yield contradiction(f"{LOG}, line {place}: {said!r}; {RESULT} says {shown!r}")
        else:
            yield contradiction(f"{LOG} has no line {label!r} in its header; {RESULT} says {shown!r}")


def _is_evidence(line: str) -> bool:
    return line.startswith((log_lines.entry("evidence", "").rstrip("\n"), log_lines.entry("check with", "").rstrip("\n")))


def _different_lines(expected: Sequence[str], found: Sequence[str], first: int) -> Iterator[Disagreement]:
    """The lines of a footer against those that follow from the result; ``first`` is the number of the first line."""
    expected = [line.encode(errors="replace").decode(errors="replace") for line in expected]
    changes = difflib.SequenceMatcher(None, expected, list(found), autojunk=False).get_opcodes()
    for change, begin, end, start, stop in [it for it in changes if it[0] != "equal"][:MOST]:
        said, wanted = _shown(found[start:stop]), _shown(expected[begin:end])
        at = f"{LOG}, line {first + start}"
        if change == "insert":
            yield contradiction(f"{at}: {said!r}, of which {RESULT} says nothing")
        elif change == "delete":
            yield contradiction(f"{at}: here {wanted!r} should stand, as {RESULT} has it")
        else:
            yield contradiction(f"{at}: {said!r}; {RESULT} says {wanted!r}")


def _shown(lines: Sequence[str]) -> str:
    return shorten(one_line(" / ".join(line.removeprefix(log_lines.MARK).strip() for line in lines)), 160)


def log_with_tests(bundle: Bundle) -> Iterator[Disagreement]:
    """Odoo logs each test that it begins, and each that fails. A log without such lines (another log level) says nothing."""
    told = [text for half, lines in _tries(bundle) for text in _told_of(bundle, half, lines)]
    yield from (contradiction(text) for text in dict.fromkeys(told[:MOST]))


def _tries(bundle: Bundle) -> Iterator[tuple[str, list[tuple[int, str]]]]:
    """The lines that count, with their numbers, by half of the run: of a try that a second opinion replaced, none do."""
    halves = {log_lines.entry("note", f"These are the tests {half}.").rstrip("\n"): half for half in HALVES.values()}
    again = log_lines.entry("note", "A cold start for a second opinion:").rstrip("\n")
    half, lines = "", list[tuple[int, str]]()
    for number, line in enumerate(bundle.contents.get(LOG, b"").decode(errors="replace").split("\n"), 1):
        if line in halves:
            yield half, lines
            half, lines = halves[line], []
        elif line.startswith(again):
            lines = []
        else:
            lines.append((number, line))
    yield half, lines


def begun_tests(bundle: Bundle) -> set[str]:
    """The tests of the module, as CLASS.METHOD, that Odoo's own lines in the log begin."""
    matches = (_of_odoo(line) for _, lines in _tries(bundle) for _, line in lines)
    module = bundle.result.info.module
    return {f"{it['cls']}.{it['method']}" for it in matches if it and it["module"] == module and it["what"] == "Starting"}


def _told_of(bundle: Bundle, half: str, lines: Sequence[tuple[int, str]]) -> Iterator[str]:
    verdict, module = bundle.result.verdict, bundle.result.info.module
    statuses: dict[str, set[Status]] = {}
    for outcome in verdict.outcomes:
        if outcome.half == half:
            statuses.setdefault(outcome.name, set()).add(outcome.status)
    # A test may begin and have no outcome if the run ended before, or if a setting lets that pass.
    excused = {test.partition(":")[2] for test in verdict.unrun}
    if verdict.passed:
        excused = {test for test in excused if any(test in finding for finding in verdict.waived)}
    # One that Odoo did not collect may be run by another test, which answers for it; the commit is asked whether it may.
    excused |= {test.partition(":")[2] for test, why in verdict.unrun.items() if why == NO_TEST}
    matches = [(number, match) for number, line in lines if (match := _of_odoo(line)) and match["module"] == module]
    started = [f"{match['cls']}.{match['method']}" for _, match in matches if match["what"] == "Starting"]
    begun = set(started)
    if not verdict.passed:  # the one that ran when the process ended may be inherited, and so be written nowhere
        excused |= set(started[-1:])
    for number, match in matches:
        test, begins = f"{match['cls']}.{match['method']}", match["what"] == "Starting"
        if f"{test}{match['rest']}" in statuses:
            test = f"{test}{match['rest']}"
        if not begins and match["level"] == "ERROR" and statuses.get(test, {Status.PASSED}) == {Status.PASSED}:
            said = "says that it passed" if test in statuses else "does not have it"
            yield f"{LOG}, line {number}: {test} failed; {RESULT} {said}"
        elif begins and test not in statuses and test not in excused:
            yield f"{LOG}, line {number}: {test} ran; {RESULT} does not have it"
    if begun:
        ended = {Status.PASSED, Status.FAILED, Status.ERROR}
        for test, seen in statuses.items():
            if seen <= ended and test not in begun and test.partition(".")[2].startswith("test"):
                yield f"{RESULT} has {test}{f' {half}' if half else ''}, which never begins in {LOG}"


def _of_odoo(line: str) -> re.Match[str] | None:
    """What Odoo says of a test in a line of the log: a test may have written a text without a line's end before it.

    A line of ours, or of Odoo's, that quotes another one says nothing of a test, nor does a quotation in what a test writes.
    """
    head = None if line.startswith(log_lines.MARK) else _HEAD.search(line)
    match = _ODOO.match(line, head.start()) if head else None
    if match and match.start() and match["what"] == "Starting" and match["rest"].strip() != "...":
        return None
    return match
