"""``proof_of_execution_tests.log``: it exists from the first second, and holds Odoo's bytes as they came, and our lines."""

from __future__ import annotations

import os
from pathlib import Path

from hub_runner.host.files import write_whole
from hub_runner.observers import Observer
from hub_runner.report.log_lines import RULE, entry, evidence, footer, header, line, sha256
from hub_runner.report.output_folder import RunFolder, by_age, exclusive, forget_results, hold, writable
from hub_runner.result import Result, RunInfo
from hub_runner.settings import LOG, OWN_FOLDER

REFUSED = "NO RUN BEGAN, nothing was tested: "


class LogFile(Observer):
    """Writes the log. Each chunk is in the file before ``output`` returns. If the disk is full, the end says so."""

    def __init__(self, folder: RunFolder, troubles: list[str]) -> None:
        self.folder, self.troubles = folder, troubles
        self.path = folder.path / LOG
        self.sha256: str | None = None  # of the whole file, once it is finished
        self._file = self.path.open("a+b", buffering=0)
        hold(self._file.fileno())
        self._lost = 0  # bytes that could not be written
        self._last = b"\n"
        self._failure: OSError | None = None
        self._known: dict[str, str] = {}

    @classmethod
    def create(cls, run_folder: Path, output: Path, troubles: list[str] | None = None) -> LogFile:
        """The log of a run that begins; the plain name in ``output`` leads to it from now on. Raises EnvironmentFailure."""
        folder = RunFolder(run_folder, output)
        folder.claim()
        with writable(output):
            return cls(folder, [] if troubles is None else troubles)

    def started(self, info: RunInfo) -> None:
        self._say(line(f"{RULE}") + line(f"proof of execution: {info.module}"))
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

    def kept(self, line: str) -> None:
        self.note(line)

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
        self._say(line(RULE) + "".join(entry(label, value) for label, value in footer(result)))
        self._prove()
        if self._failure is not None:
            self.troubles.append(f"The log has no proper end: {self._failure.strerror}.")
        self._settle()
        self._file.close()

    def _prove(self) -> None:
        """Writes the sum of the file as it is on disk. It comes last, so that it covers all that the log claims."""
        try:
            self._file.seek(0)
            digest, size = sha256(self._file)
        except OSError as error:
            self._failure = error
            return
        proof = evidence(size, digest.hexdigest())
        self._say(proof)
        digest.update(proof.encode())
        self.sha256 = digest.hexdigest() if self._failure is None else None

    def _settle(self) -> None:
        try:
            self.folder.settle(LOG)
        except OSError as error:
            self.troubles.append(f"{LOG} could not be put into {self.folder.output} ({error}); it is {self.path}.")

    def _say(self, text: str) -> None:
        if text:
            gap = "" if self._last == b"\n" else "\n"
            self._write((gap + text).encode(errors="replace"))

    def _write(self, data: bytes) -> None:
        """Writes all of ``data``: one call of an unbuffered file may take only a part of it."""
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

    If there is no log yet, one is written only if ``anew`` is true. Raises EnvironmentFailure.
    """
    if not (anew or os.path.lexists(output / LOG)):
        return
    with writable(output):
        output.mkdir(parents=True, exist_ok=True)
        words = line(REFUSED + text)
        if before := latest_run(output):
            words += line(f"The run before this command is another one; its files: {before.relative_to(output)}")
        with exclusive(output):
            write_whole(output / LOG, words.encode(errors="replace"))
            forget_results(output)


def latest_run(output: Path) -> Path | None:
    """The folder of the run that wrote last."""
    return next(iter(by_age(output / OWN_FOLDER / "runs")), None)
