"""The distinct causes of failed tests: one typo in a model may fail fifty tests, and is told once, at its line (U3)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from hub_runner.report import tracebacks
from hub_runner.report.tracebacks import Frame
from hub_runner.result import Outcome, Result, RunInfo
from hub_runner.text import file_line, harmless, relative, shorten

WIDTH = 200  # characters of a line of source
SIZE = 1 << 20  # bytes of a file of source that is read


@dataclass(frozen=True, kw_only=True)
class Cause:
    """``exception`` is its first line; ``file`` and ``line`` lead to the deepest line of the module that it passed through.

    If no line of the module is in the traceback, they lead to the first test that met it; they are None if nobody knows.
    ``file`` is relative to the checkout.
    """

    exception: str
    failures: tuple[Outcome, ...]  # the tests that met it, in the order of the run
    file: str | None = None
    line: int | None = None
    function: str = ""
    advice: str = ""  # what to do about it
    source: tuple[tuple[int, str], ...] = ()  # at most three lines around ``line``, each with its number

    @property
    def place(self) -> str:
        """``file:line``, or what is known of it."""
        return file_line(self.file, self.line)


def distinct(result: Result) -> tuple[Cause, ...]:
    """The causes of all failed tests, in the order of the run."""
    groups: dict[tuple[str, str | None, int | None], tuple[Frame | None, list[Outcome]]] = {}
    for failure in result.verdict.failures:
        frame = tracebacks.deepest(failure)
        file = frame and _in_checkout(frame, result.info)
        key = (tracebacks.exception(failure), file or failure.file, frame.line if frame else failure.line)
        groups.setdefault(key, (frame, []))[1].append(failure)
    return tuple(_cause(result.info, *key, *group) for key, group in groups.items())


def _cause(
    info: RunInfo, exception: str, file: str | None, line: int | None, frame: Frame | None, failures: Sequence[Outcome]
) -> Cause:
    return Cause(
        exception=exception,
        failures=tuple(failures),
        file=file,
        line=line if file else None,
        function=frame.function if frame else "",
        advice=next(
            (failure.advice for failure in failures if failure.advice and not _is_said(failure.advice, exception)), ""
        ),
        source=_source(info, file, line, frame) if file and line else (),
    )


def _is_said(advice: str, exception: str) -> bool:
    """Whether Python has guessed the same name: ``Did you mean: 'pages'?``"""
    guess = re.search(r"Did you mean: '(\w+)'\?$", exception)
    return guess is not None and advice == f"Did you mean {guess[1]}?"


def _in_checkout(frame: Frame, info: RunInfo) -> str | None:
    """The file of a frame as seen from the checkout: in the container the module lies in another place."""
    parts = Path(frame.file).parts
    inside = [Path(*parts[at + 1 :]) for at, part in enumerate(parts[:-1]) if part == info.module]
    found = next((path for path in inside if (info.module_folder / path).is_file()), inside[-1] if inside else None)
    if found is None:
        return None
    return relative(info.module_folder / found, info.root)


def _source(info: RunInfo, file: str, line: int, frame: Frame | None) -> tuple[tuple[int, str], ...]:
    """Three lines of the file, if it still holds the line that the traceback shows; else the traceback's own line."""
    lines = _lines(info.root / file, info.module_folder)
    own = frame.source if frame else ""
    if not 0 < line <= len(lines) or (own and lines[line - 1].strip() != own.strip()):
        return ((line, _shown(own)),) if own else ()
    return tuple((number, _shown(lines[number - 1])) for number in range(max(1, line - 1), min(len(lines), line + 1) + 1))


def _lines(path: Path, module_folder: Path) -> list[str]:
    """The lines of a file of the module. A traceback is text that a test may forge: no other file of this host is read."""
    try:
        path = path.resolve()
        if not path.is_relative_to(module_folder.resolve()) or not path.is_file() or path.stat().st_size > SIZE:
            return []
        return path.read_text(encoding="utf-8", errors="replace").splitlines()
    except (OSError, ValueError):
        return []


def _shown(line: str) -> str:
    return shorten(harmless(line).rstrip(), WIDTH)
