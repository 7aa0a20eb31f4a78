"""What a run shows on GitHub: annotations at the failing lines, the log in a group, a step summary.

Whatever a test prints must not become a workflow command: the log stands between ``::stop-commands::`` and a random token.
"""

from __future__ import annotations

import io
import os
import secrets
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TextIO

from hub_runner.observer import Observer
from hub_runner.report import frames, markdown
from hub_runner.report.careful import Careful
from hub_runner.report.harmless import harmless
from hub_runner.report.log import LogFile
from hub_runner.result import Outcome, Problem, Result

ANNOTATIONS = 10  # GitHub shows no more of a step
LOG = 1 << 20  # bytes of the log that are shown, its end; all of it is in the file


class Actions(Observer):
    """An observer that speaks once, when the run is over."""

    def __init__(self, stream: TextIO, environ: Mapping[str, str], log: LogFile) -> None:
        self._stream, self._environ, self._log = Careful(stream), environ, log

    def finished(self, result: Result) -> None:
        for line in group(self._log.path, result.info.module):
            self._stream.write(line)
        workspace = Path(self._environ.get("GITHUB_WORKSPACE") or result.info.root)
        for command in commands(result, workspace):
            self._stream.write(f"{command}\n")
        if path := self._environ.get("GITHUB_STEP_SUMMARY"):
            self._append(Path(path), markdown.summary(result))

    def _append(self, path: Path, text: str) -> None:
        try:
            with path.open("a", encoding="utf-8", errors="replace") as file:
                file.write(text)
        except OSError as error:
            self._log.troubles.append(f"The step summary could not be written: {error}.")


def commands(result: Result, workspace: Path) -> Iterator[str]:
    """At most ten commands. Problems come first: without them the failures may not make sense."""
    verdict = result.verdict
    shown = [p for p in verdict.problems if p.kind != "tests_failed" or not verdict.failures]
    found = [*(_of_problem(it) for it in shown), *(_of_failure(it) for it in verdict.failures)]
    for file, line, title, message in found[:ANNOTATIONS]:
        where = {"file": file and _seen_from(workspace, result.info.root, file), "line": line and str(line)}
        named = ",".join(f"{key}={_property(value)}" for key, value in {**where, "title": title}.items() if value)
        yield f"::error {named}::{_data(message)}"


def group(log: Path, module: str) -> Iterator[str]:
    """The log, folded away; nothing in it is a command."""
    token = secrets.token_hex(16)
    yield f"::group::log of {_data(module)}\n::stop-commands::{token}\n"
    try:
        with log.open("rb") as file:
            yield from _end_of(file)
    except OSError as error:
        yield f"The log cannot be read: {error}\n"
    yield f"\n::{token}::\n::endgroup::\n"


def _end_of(file: io.BufferedReader) -> Iterator[str]:
    left_out = max(0, os.fstat(file.fileno()).st_size - LOG)
    if left_out:
        yield f"The first {left_out} bytes are left out here.\n"
        file.seek(left_out)
    yield harmless(file.read(LOG).decode(errors="replace"))


def _of_problem(problem: Problem) -> tuple[str | None, int | None, str, str]:
    return problem.file, problem.line, problem.kind, "\n".join((problem.message, *problem.details[:ANNOTATIONS]))


def _of_failure(failure: Outcome) -> tuple[str | None, int | None, str, str]:
    return failure.file, frames.failing_line(failure), failure.name, "\n".join(frames.relevant(failure))


def _seen_from(workspace: Path, root: Path, file: str) -> str:
    """GitHub counts paths from its workspace; the checkout may be a folder in it."""
    path = root / file
    return path.relative_to(workspace).as_posix() if path.is_relative_to(workspace) else file


def _data(text: str) -> str:
    return harmless(text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
