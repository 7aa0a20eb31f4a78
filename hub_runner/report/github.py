"""What a run shows on GitHub: annotations at the failing lines, the log in a group, and a step summary in Markdown.

Nothing that a test prints may become a workflow command: the log stands between ``::stop-commands::`` and a random token.
"""

from __future__ import annotations

import io
import os
import re
import secrets
from bisect import bisect
from collections.abc import Iterator, Mapping
from itertools import accumulate
from pathlib import Path
from typing import TextIO

from hub_runner.observers import Observer
from hub_runner.report import phrases, tracebacks
from hub_runner.report.causes import Cause, distinct
from hub_runner.report.log import LogFile
from hub_runner.result import Outcome, Problem, Result
from hub_runner.settings import REPORT
from hub_runner.text import Careful, counted, harmless, one_line, shorten

ANNOTATIONS = 10  # GitHub shows no more for one step
SHOWN = 1 << 20  # bytes of the log's end that are shown; the file holds all of it
FAILURES = 20  # shown in the step summary
LIMIT = 225_000  # characters of a run in the step summary
MOST = 1_000_000  # bytes of all runs of a step in it; GitHub shows nothing of more than 1 MiB
_SPECIAL = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~&@$:])")


class Actions(Observer):
    """Writes once, when the run is over."""

    def __init__(self, stream: TextIO, environ: Mapping[str, str], log: LogFile) -> None:
        self._stream, self._environ, self._log = Careful(stream), environ, log

    def finished(self, result: Result) -> None:
        for line in group(self._log.path, result.info.module):
            self._stream.write(line)
        workspace = Path(self._environ.get("GITHUB_WORKSPACE") or result.info.root)
        for command in commands(result, workspace):
            self._stream.write(f"{command}\n")
        if path := self._environ.get("GITHUB_STEP_SUMMARY"):
            self._append(Path(path), summary(result, artifacts(self._environ)))

    def _append(self, path: Path, text: str) -> None:
        """In one piece: several runs of a step may write at once. If there is no room for all of it, its first line."""
        try:
            with path.open("ab", buffering=0) as file:
                room = MOST - os.fstat(file.fileno()).st_size
                texts = (text, f"{text.partition(chr(10))[0]}\n\n")
                datas = (it.encode("utf-8", "replace") for it in texts)
                file.write(next((data for data in datas if len(data) <= room), b""))
        except OSError as error:
            self._log.troubles.append(f"The step summary could not be written: {error}.")


def commands(result: Result, workspace: Path) -> Iterator[str]:
    """At most ten annotations. Problems come first: a failed test may be a consequence of them."""
    verdict = result.verdict
    annotations = [*map(_of_problem, verdict.shown_problems), *map(_of_cause, distinct(result))]
    for file, line, title, message in annotations[:ANNOTATIONS]:
        place = {"file": file and _seen_from(workspace, result.info.root, file), "line": line and str(line)}
        properties = ",".join(f"{key}={_property(value)}" for key, value in {**place, "title": title}.items() if value)
        yield f"::error {properties}::{_data(message)}"


def group(log: Path, module: str) -> Iterator[str]:
    """The end of the log in a folded group, in which GitHub obeys no command."""
    token = secrets.token_hex(16)
    yield f"::group::log of {_data(module)}\n::stop-commands::{token}\n"
    try:
        with log.open("rb") as file:
            yield from _end_of(file)
    except OSError as error:
        yield f"The log cannot be read: {error}\n"
    yield f"\n::{token}::\n::endgroup::\n"


def _end_of(file: io.BufferedReader) -> Iterator[str]:
    left_out = max(0, os.fstat(file.fileno()).st_size - SHOWN)
    if left_out:
        yield f"The first {left_out} bytes are left out here.\n"
        file.seek(left_out)
    yield harmless(file.read(SHOWN).decode(errors="replace"))


def _of_problem(problem: Problem) -> tuple[str | None, int | None, str, str]:
    return problem.file, problem.line, problem.kind, "\n".join((problem.message, *problem.details[:ANNOTATIONS]))


def _of_cause(cause: Cause) -> tuple[str | None, int | None, str, str]:
    """One annotation for all tests that met the cause, at the line of the module that failed."""
    first, *more = cause.failures
    title = f"{first.title} and {len(more)} more" if more else first.title
    file, line = (cause.file, cause.line) if cause.file else (first.file, tracebacks.failing_line(first))
    return file, line, title, "\n".join(tracebacks.relevant(first))


def _seen_from(workspace: Path, root: Path, file: str) -> str:
    """``file`` relative to GitHub's workspace, in which the checkout may be a folder."""
    path = root / file
    return path.relative_to(workspace).as_posix() if path.is_relative_to(workspace) else file


def _data(text: str) -> str:
    return harmless(text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def artifacts(environ: Mapping[str, str]) -> str:
    """The page of GitHub on which this job's artifacts stand once they are uploaded; empty if it cannot be told."""
    server, repository, run = (environ.get(f"GITHUB_{name}", "") for name in ("SERVER_URL", "REPOSITORY", "RUN_ID"))
    address = f"{server}/{repository}/actions/runs/{run}#artifacts"
    return address if re.fullmatch(r"https?://[\w.:-]+/[\w.-]+/[\w.-]+/actions/runs/\d+#artifacts", address) else ""


def summary(result: Result, artifacts: str = "") -> str:
    link = f"[{REPORT}]({artifacts}) shows all of it, if the workflow uploads it.\n" if artifacts else ""
    parts = list(_parts(result))
    sizes = list(accumulate(len(part) + 1 for part in parts))
    shown = parts[: bisect(sizes, LIMIT)]
    if left_out := len(parts) - len(shown):
        shown.append(f"... and {counted(left_out, 'paragraph')} more.\n")
    return "\n".join((*shown, link)) + "\n\n"


def escaped(text: str) -> str:
    """``text`` on one line, with every character escaped that means something in Markdown."""
    return _SPECIAL.sub(r"\\\1", shorten(one_line(text), 1000))


def fenced(text: str) -> str:
    """``text`` in a code block whose fence is longer than any in the text."""
    text = harmless(text)
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}text\n{text}\n{fence}"


def _parts(result: Result) -> Iterator[str]:
    """Pieces of Markdown, each of which leaves nothing open."""
    verdict, info = result.verdict, result.info
    yield f"### {'✅' if verdict.passed else '❌'} {escaped(phrases.verdict(result))}\n"
    if info.stand_in:
        yield f"> ⚠️ {escaped(info.stand_in)}\n"
    for problem in verdict.problems:
        yield f"**{escaped(problem.kind)}**: {escaped(problem.message)}\n"
        if problem.details:
            yield fenced("\n".join(shorten(it, tracebacks.WIDTH) for it in problem.details[:FAILURES])) + "\n"
    for failure in verdict.failures[:FAILURES]:
        yield _failure(result, failure)
    if verdict.failures[FAILURES:]:
        yield f"... and {len(verdict.failures) - FAILURES} failures more.\n"
    yield f"tests {escaped(phrases.counts(verdict))}; phases: {escaped(phrases.phases(result))}\n"
    if verdict.coverage:
        yield f"coverage: {escaped(phrases.coverage(verdict.coverage))}\n"
    yield f"cleanup: {escaped(result.cleanup)}\n"


def _failure(result: Result, failure: Outcome) -> str:
    # HTML's summary element takes no Markdown: there the characters of HTML count, and a blank line ends the element.
    title = one_line(f"{failure.title} {phrases.place(failure)}")
    title = shorten(title, 1000).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    story = fenced("\n".join((*tracebacks.relevant(failure), "", phrases.reproduce(result.info, failure))))
    return f"<details><summary>{title}</summary>\n\n{story}\n\n</details>\n"
