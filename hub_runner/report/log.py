"""``proof_of_execution_tests.log``: there from the first second, Odoo's bytes as they came, our words around them.

What stands in the log beside Odoo's own output: every line of ours starts with the same mark.

The sha256 by which a reviewer can tell a log that was edited (incident I10).
"""

from __future__ import annotations

import datetime as dt
import hashlib
import os
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import hub_runner
from hub_runner.report import phrases
from hub_runner.report.folder import Place, forget, replace, writable
from hub_runner.result import Observer, Result, RunInfo
from hub_runner.settings import LOG
from hub_runner.text import harmless


class LogFile(Observer):
    """An observer. Each chunk is in the file before ``output`` returns; a disk that fills up is said at the end."""

    def __init__(self, place: Place, troubles: list[str]) -> None:
        self.place, self.troubles = place, troubles
        self.path = place.run / LOG
        self.sha256: str | None = None  # of the whole file, once it is finished
        self._file = self.path.open("a+b", buffering=0)
        self._lost = 0
        self._last = b"\n"
        self._failure: OSError | None = None
        self._known: dict[str, str] = {}

    @classmethod
    def create(cls, run_folder: Path, output: Path, troubles: list[str] | None = None) -> LogFile:
        """The log of a run that begins; the plain name in ``output`` means it from now on. Raises EnvironmentFailure."""
        place = Place(run_folder, output)
        place.claim()
        with writable(output):
            return cls(place, [] if troubles is None else troubles)

    def started(self, info: RunInfo) -> None:
        self._say(line(f"{RULE}\nproof of execution: {info.module}"))
        self.learned(info)

    def learned(self, info: RunInfo) -> None:
        known = header(info)
        fresh = {label: value for label, value in known.items() if self._known.get(label) != value}
        self._known = known
        self._say("".join(entry(label, value) for label, value in fresh.items()))

    def phase(self, name: str) -> None:
        self._say(entry("phase", name))

    def note(self, text: str) -> None:
        self._say(entry("note", text))

    def output(self, chunk: bytes) -> None:
        if self._failure is not None:
            self._lost += len(chunk)
            return
        self._write(chunk)

    def finished(self, result: Result) -> None:
        if self._failure is not None:  # there may be room again, and the last words matter most
            lost = f"{self._lost} bytes of output are missing ({self._failure.strerror})"
            self._failure = None
            self.troubles.append(f"The log is not complete: {lost}.")
            self._say(line(f"*** {lost} ***"))
        self._end(result)
        self._file.close()
        if self._failure is not None:
            self.troubles.append(f"The log has no proper end: {self._failure.strerror}.")
        self._settle()

    def _end(self, result: Result) -> None:
        """The footer. Its evidence is read from the file: that cannot be wrong about what is in it."""
        self._say(line(RULE))
        words = "".join(entry(label, value) for label, value in footer(result))
        try:
            self._file.seek(0)
            above, size = sha256(self._file)
        except OSError as error:
            self._say(words)
            self._failure = error
            return
        last_words = evidence(size, above.hexdigest()) + words
        self._say(last_words)
        above.update(last_words.encode(errors="replace"))
        self.sha256 = above.hexdigest() if self._failure is None else None

    def _settle(self) -> None:
        try:
            self.place.settle(LOG)
        except OSError as error:
            self.troubles.append(f"{LOG} could not be put into {self.place.output} ({error}); it is {self.path}.")

    def _say(self, text: str) -> None:
        if text:
            gap = "" if self._last == b"\n" else "\n"
            self._write((gap + text).encode(errors="replace"))

    def _write(self, data: bytes) -> None:
        """All of ``data``, for an unbuffered file may take only a part of it."""
        view = memoryview(data)
        self._last = data[-1:] or self._last
        try:
            while view:
                view = view[self._file.write(view) or 0 :]
        except OSError as error:
            self._failure = error
            self._lost += len(view)


def refused(output: Path, text: str, *, anew: bool = True) -> None:
    """Says in the plain log why no run began, so that the log of an older run is never taken for this one.

    Where there is none it is made only ``anew``. Raises EnvironmentFailure."""
    if not (anew or os.path.lexists(output / LOG)):
        return
    with writable(output):
        output.mkdir(parents=True, exist_ok=True)
        replace(output / LOG, line(f"NO RUN BEGAN, nothing was tested: {text}").encode())
        forget(output)


MARK = "hub-runner |"
RULE = "=" * 100


def line(text: str) -> str:
    """``text`` with our mark before each of its lines."""
    return "".join(f"{MARK} {part}".rstrip() + "\n" for part in harmless(text).split("\n"))


def header(info: RunInfo) -> dict[str, str]:
    """What is known of the run by now, by label, in the order in which it is written."""
    known = {
        "run": info.project,
        "hub-runner": hub_runner.__version__,
        "module": f"{info.module} {info.module_version} in {info.module_folder}",
        "started": moment(info.started),
        "command": shlex.join(info.command),
        "commit": _commit(info),
        "module tree": info.module_tree,
        "engine": info.engine,
        "compose": info.compose,
        **{f"image {service}": f"{it.reference} {it.digest}" for service, it in info.images.items()},
        "port": info.port and f"127.0.0.1:{info.port}",
        "warm start": info.warm,
        "STAND-IN": info.stand_in and f"*** {info.stand_in} ***",
    }
    return {label: value for label, value in known.items() if value}


def entry(label: str, value: str) -> str:
    return line(f"{label:<12} {value}")


def evidence(size: int, sha256: str) -> str:
    """How anyone can check, with one command, that the ``size`` bytes above were not edited."""
    proof = entry("evidence", f"sha256 of the {size} bytes above: {sha256}")
    return proof + entry("check with", f"head -c {size} {LOG} | sha256sum")


def moment(time: dt.datetime) -> str:
    return f"{time.astimezone(dt.UTC):%Y-%m-%d %H:%M:%S} UTC"


def _commit(info: RunInfo) -> str:
    if not info.commit:
        return "unknown (no git, or no commit yet)"
    return info.commit + {True: " with uncommitted changes", False: " (clean)", None: ""}[info.dirty]


def footer(result: Result) -> Iterator[tuple[str, str]]:
    """The last words of a run, as labels and values."""
    verdict = result.verdict
    yield "VERDICT", phrases.verdict(result)
    yield "exit code", str(result.return_code)
    yield "tests", phrases.counts(verdict)
    yield "odoo", verdict.odoo_version or "unknown: it did not come to tell"
    if result.info.stand_in:
        yield "STAND-IN", f"*** {result.info.stand_in} ***"
    for problem in verdict.problems:
        yield "problem", "\n".join((f"{problem.kind}: {problem.message}", *(f"    {it}" for it in problem.details)))
    for failure in verdict.failures:
        yield "failure", f"{failure.name} {phrases.place(failure)}".rstrip()
        yield "reproduce", phrases.reproduce(result.info, failure)
    for note in verdict.notes:
        yield "note", note
    yield "phases", phrases.phases(result)
    yield "finished", moment(result.finished)
    yield "cleanup", result.cleanup
    for leftover in result.leftovers:
        yield "LEFT BEHIND", leftover


CHUNK = 1 << 20


class Readable(Protocol):
    def read(self, size: int, /) -> bytes | None: ...


class Hash(Protocol):
    def update(self, data: bytes, /) -> None: ...

    def hexdigest(self) -> str: ...


def sha256(file: Readable) -> tuple[Hash, int]:
    """Of all that ``file`` still has, and how many bytes that was; it can be continued."""
    found, size = hashlib.sha256(), 0
    while chunk := file.read(CHUNK):
        found.update(chunk)
        size += len(chunk)
    return found, size
