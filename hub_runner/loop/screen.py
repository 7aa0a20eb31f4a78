"""What a watch shows: one screen for a person, lines for whoever reads along, one JSON object a verdict for tools."""

from __future__ import annotations

import contextlib
import os
import select
import sys
import termios
import tty
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Any, TextIO

from rich.console import Console
from rich.text import Text

from hub_runner.observers import Observer
from hub_runner.report import phrases, tracebacks
from hub_runner.report.result_file import dumps
from hub_runner.result import Outcome, Problem, Status, Verdict
from hub_runner.text import Careful, counted, file_line, harmless, shorten

FAILURES = 10  # shown with their tracebacks
SLOWEST = 3
FOOTER = 5  # rows below a verdict: the keys, an address, that tests run, and the cursor's
KEYS = "Enter: all tests   f: failed ones   u: address   q: end"


@dataclass(frozen=True, kw_only=True)
class Quick:
    """A quick verdict: ``what`` says what was changed and done, ``seconds`` are from the save to the verdict."""

    module: str
    verdict: Verdict
    what: str
    seconds: float

    @property
    def headline(self) -> str:
        verdict = self.verdict
        failed, total = len(verdict.failures), len(verdict.outcomes)
        if verdict.passed:
            found = counted(total, "test")
        elif failed:
            found = f"{failed} of {counted(total, 'test')} failed"
        else:
            found = verdict.problems[0].kind.replace("_", " ")
        colour = "GREEN" if verdict.passed else "RED"
        subject = phrases.subject(self.module, verdict)
        return f"{colour} {subject}: {found} in {self.seconds:.1f} s (quick: {self.what})"

    def lines(self) -> Iterator[tuple[str, str]]:
        """Text and style of each line, without the headline."""
        for failure in self.verdict.failures[:FAILURES]:
            flaky = f" ({phrases.flaky(failure)})" if failure.is_flaky else ""
            yield f"{failure.status.value.upper()} {failure.title} {phrases.place(failure)}".rstrip() + flaky, "bold red"
            for line in tracebacks.relevant(failure):
                yield f"  {line}", ""
        if self.verdict.failures[FAILURES:]:
            yield f"... and {len(self.verdict.failures) - FAILURES} more failures", "bold red"
        for problem in self.verdict.problems:
            if problem.kind != "tests_failed" or not self.verdict.failures:
                yield from _problem(problem)
        if slowest := replace(self.verdict, durations=max(self.verdict.durations, SLOWEST)).slowest:
            yield f"slowest: {', '.join(f'{it.name} {it.duration:.1f} s' for it in slowest)}", "dim"

    def to_json(self) -> str:
        verdict = self.verdict
        return dumps(
            {
                "quick": True,
                "module": self.module,
                "passed": verdict.passed,
                "summary": self.headline,
                "changed": self.what,
                "only": verdict.part or None,
                "left_out": verdict.left_out,
                "seconds": round(self.seconds, 3),
                "counts": {status.value: verdict.count(status) for status in Status},
                "problems": [vars(problem) for problem in verdict.problems],
                "failures": [_failure(outcome) for outcome in verdict.failures],
            }
        )


def _problem(problem: Problem) -> Iterator[tuple[str, str]]:
    place = f" ({file_line(problem.file, problem.line)})" if problem.file else ""
    yield f"{problem.kind}{place}: {problem.message}", "bold red"
    for detail in problem.details[:FAILURES]:
        yield f"  {shorten(detail, 200)}", ""


def _failure(outcome: Outcome) -> dict[str, object]:
    values = {name: getattr(outcome, name) for name in ("name", "file", "line", "traceback")}
    return {
        **values,
        "status": outcome.status.value,
        "runs": outcome.runs,
        "green": outcome.green,
        "flaky": outcome.is_flaky,
    }


class Screen(Observer):
    """Shows verdicts on ``stream``: on a terminal each one takes the whole screen, elsewhere lines follow each other."""

    def __init__(self, stream: TextIO, *, as_json: bool = False, person: bool = False) -> None:
        self._stream = Careful(stream)
        self._as_json, self._person = as_json, person and not as_json
        self._shown: Quick | None = None
        self._testing, self._lasting = "", ""
        self._console = Console(file=self._stream, highlight=False, markup=False, emoji=False)  # type: ignore[arg-type]

    def note(self, text: str) -> None:
        self.say(shorten(text, 300))

    def say(self, text: str, style: str = "dim") -> None:
        if self._as_json:  # standard output is for verdicts
            Careful(sys.stderr).write(f"{harmless(text)}\n")
        else:
            self._console.print(Text(harmless(text), style=style), soft_wrap=not self._person)

    def say_from_now_on(self, text: str) -> None:
        """Says it, and again below each later verdict that takes the screen for itself."""
        self.say(text)
        self._lasting = text

    def begin(self, what: str) -> None:
        """Says to a person, once, that tests run, so that nobody takes the last verdict for that of the last save."""
        if self._person and not self._testing:
            self._testing = f"testing: {what} ..."
            self.say(self._testing)

    def show(self, quick: Quick) -> None:
        if self._as_json:
            self._stream.write(f"{quick.to_json()}\n")
            return
        if self._person and self._shown:  # what was noted at the start may be read beside the first verdict
            self._console.clear()
        self._shown, self._testing = quick, ""
        headline = (quick.headline, "bold green" if quick.verdict.passed else "bold red")
        lines = [headline, *quick.lines()]
        if self._person and self._rows(lines) + FOOTER > self._console.height:
            lines.append(headline)  # the first one scrolls away
        for text, style in lines:
            self.say(text, style)
        if self._person:
            self.say(KEYS)
            if self._lasting:
                self.say(self._lasting)

    def redraw(self) -> None:
        """Lays out what a person sees for the terminal as it is now."""
        testing = self._testing
        if self._person and self._shown:
            self.show(self._shown)
            if testing:
                self.say(testing)
                self._testing = testing

    def _rows(self, lines: Iterable[tuple[str, str]]) -> int:
        """How many rows of the terminal these lines take, as wide as it is now."""
        width = self._console.width
        return sum(len(Text(harmless(text)).wrap(self._console, width)) for text, _ in lines)


class Keys:
    """Single keys from a terminal, without Enter; nothing if standard input is none. ``fileno`` becomes readable then."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stdin
        self._is_terminal = _is_terminal(self._stream)
        self._before: Any = None  # as termios gives it, and takes it back

    def __enter__(self) -> Keys:
        self.take()
        return self

    @property
    def are_ours(self) -> bool:
        """Whether there is a terminal, and no shell reads it: that stops who reads it in the background."""
        return self._is_terminal and _is_in_foreground(self._stream.fileno())

    def take(self) -> None:
        """Has keys told one by one, as long as the terminal is not somebody else's: that of a shell that put this aside."""
        if self.are_ours:
            with contextlib.suppress(termios.error):  # the terminal is gone
                self._before = self._before or termios.tcgetattr(self._stream.fileno())
                tty.setcbreak(self._stream.fileno())

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Leaves the terminal as it was, unless it is a shell's again, which has set it up and would stop this for that."""
        if self._before is not None and _is_in_foreground(self._stream.fileno()):
            with contextlib.suppress(termios.error):  # the terminal is gone
                termios.tcsetattr(self._stream.fileno(), termios.TCSADRAIN, self._before)

    def fileno(self) -> int:
        return self._stream.fileno()

    def read(self) -> Sequence[str]:
        """The keys that were pressed by now. A terminal that is gone is a wish to end."""
        pressed = ""
        while self.are_ours and select.select([self._stream], [], [], 0)[0]:
            try:
                data = os.read(self._stream.fileno(), 64)
            except OSError:
                return "q"
            if not data:
                return "q"
            pressed += data.decode(errors="replace")
        return pressed


def _is_terminal(stream: TextIO) -> bool:
    try:
        return stream.isatty()
    except (AttributeError, ValueError):  # closed
        return False


def _is_in_foreground(terminal: int) -> bool:
    """Whether this process may set the terminal up: one in the background is stopped for that."""
    try:
        return os.tcgetpgrp(terminal) == os.getpgrp()
    except OSError:  # it controls nothing
        return True
