"""The sentences in which every report speaks of a result.

Tracebacks, cut down to the frames that a reader of a failing test wants to see.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import fields
from pathlib import Path

from hub_runner.errors import Kind
from hub_runner.result import Outcome, Result, RunInfo, Status, Verdict
from hub_runner.settings import Settings
from hub_runner.text import harmless, shorten

SIGNALLED = 128


def seconds(value: float) -> str:
    """``value`` in seconds, for people."""
    if value < 60:
        return f"{value:.1f} s"
    minutes, rest = divmod(round(value), 60)
    return f"{minutes} min {rest} s"


def tests(number: int) -> str:
    return f"{number} test" if number == 1 else f"{number} tests"


def verdict(result: Result) -> str:
    """One line: ``PASSED traction: 41 tests in 12.3 s on Odoo 19.0``."""
    if any(problem.kind == Kind.UNFINISHED for problem in result.verdict.problems):
        return f"UNFINISHED {result.info.module}: it still goes on, or was killed; nothing is proven"
    took = seconds((result.finished - result.info.started).total_seconds())
    return f"{_head(result)} {result.info.module}: {_finding(result, took)}{_odoo(result.verdict)}"


def _head(result: Result) -> str:
    if result.return_code > SIGNALLED:
        return "INTERRUPTED"
    return "PASSED" if result.verdict.passed else "FAILED"


def _finding(result: Result, took: str) -> str:
    verdict = result.verdict
    total, failed, skipped = len(verdict.outcomes), len(verdict.failures), verdict.count(Status.SKIPPED)
    if result.return_code > SIGNALLED:
        return f"broken off after {took}, when {tests(total)} had ended" if total else f"nothing was proven within {took}"
    if verdict.problems and verdict.problems[0].kind != "tests_failed":
        more = f" ({failed} of {tests(total)} failed)" if failed else ""
        return f"{verdict.problems[0].kind.replace('_', ' ')}{more} after {took}"
    if failed:
        return f"{failed} of {tests(total)} failed in {took}"
    return f"{tests(total)}{f' ({skipped} skipped)' if skipped else ''} in {took}"


def _odoo(verdict: Verdict) -> str:
    return f" on Odoo {verdict.odoo_version.partition('-')[0]}" if verdict.odoo_version else ""


def counts(verdict: Verdict) -> str:
    numbers = ", ".join(f"{verdict.count(status)} {status.value}" for status in Status)
    return f"{len(verdict.outcomes)}: {numbers}"


def phases(result: Result) -> str:
    return ", ".join(f"{name} {seconds(duration)}" for name, duration in result.phases.items())


def reproduce(info: RunInfo, outcome: Outcome) -> str:
    """The command line that runs just this test again, with the settings that stood on the run's own."""
    return shlex.join(("nox", "-s", "test", "--", info.module, *_settings(info.command), "--test-tags", outcome.tag))


def _settings(command: Sequence[str]) -> Iterator[str]:
    """The flags in a command line that stand for settings, each as one word.

    Left out are those that say which tests, and where the results lie.
    """
    kinds = {field.name.replace("_", "-"): type(getattr(Settings, field.name, None)) for field in fields(Settings)}
    words = iter(command)
    for word in words:
        name, equals, _ = word.removeprefix("--").partition("=")
        kind = kinds.get(name.removeprefix("no-"))
        if not word.startswith("--") or kind is None:
            continue
        whole = word if equals or kind is bool else f"{word}={next(words, '')}"
        if name not in ("test-tags", "output"):
            yield whole


def place(outcome: Outcome) -> str:
    """``file:line`` where Odoo could tell."""
    return "" if not outcome.file else f"{outcome.file}:{outcome.line}" if outcome.line else outcome.file


def path(of: Path, root: Path) -> str:
    """``of`` as seen from the checkout, where it lies in it."""
    return of.relative_to(root).as_posix() if of.is_relative_to(root) else str(of)


_FRAME = re.compile(r'  File "(?P<file>[^"\n]*)", line (?P<line>\d+)')
_EXCEPTION = re.compile(r"^Traceback \(most recent call last\):\n(?: .*\n)*(?P<line>\S.*)", re.MULTILINE)
WIDTH = 200
LINES = 30  # of one shortened traceback; the log and result.json have all of it


def relevant(outcome: Outcome, limit: int = LINES) -> list[str]:
    """The module's own frames, the last frame, and the exception itself, harmless to show."""
    lines = [shorten(it.rstrip(), WIDTH) for it in _kept(harmless(outcome.traceback).rstrip().split("\n"), outcome.module)]
    if len(lines) <= limit:
        return lines
    half = limit // 2
    return [*lines[:half], f"  ... {len(lines) - 2 * half} lines left out ...", *lines[-half:]]


def exception(outcome: Outcome) -> str:
    """The first line of the last exception: what follows may be a message of many lines, or a comparison."""
    lines = [match["line"] for match in _EXCEPTION.finditer(outcome.traceback)]
    return shorten((lines or [outcome.traceback.strip().partition("\n")[0]])[-1], WIDTH)


def failing_line(outcome: Outcome) -> int | None:
    """The line of the test's own file that the last traceback passed through; else where the test begins."""
    name = (outcome.file or "").rpartition("/")[2]
    marks = [m for m in _FRAME.finditer(outcome.traceback) if name and m["file"].endswith(f"/{name}")]
    return int(marks[-1]["line"]) if marks else outcome.line


def _kept(lines: list[str], module: str) -> Iterator[str]:
    blocks = list(_blocks(lines))
    left_out = 0
    for number, block in enumerate(blocks):
        follows = blocks[number + 1][0] if number + 1 < len(blocks) else ""
        match = _FRAME.match(block[0])
        if match and f"/{module}/" not in match["file"] and _FRAME.match(follows):
            left_out += 1
            continue
        if left_out:
            yield f"  ... {left_out} {'frame' if left_out == 1 else 'frames'} outside of {module} ..."
        left_out = 0
        yield from block


def _blocks(lines: list[str]) -> Iterator[list[str]]:
    """Each frame with its lines of source; each other line for itself."""
    block: list[str] = []
    for line in lines:
        in_frame = bool(block) and bool(_FRAME.match(block[0])) and line.startswith("    ")
        if block and not in_frame:
            yield block
            block = []
        block.append(line)
    if block:
        yield block
