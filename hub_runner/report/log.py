"""``proof_of_execution_tests.log``: there from the first second, Odoo's bytes as they came, our words around them."""

from __future__ import annotations

import os
from pathlib import Path

from hub_runner.observer import Observer
from hub_runner.report import logtext
from hub_runner.report.digest import sha256
from hub_runner.report.place import LOG, Place, forget, replace, writable
from hub_runner.result import Result, RunInfo


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
        self._say(logtext.line(f"{logtext.RULE}\nproof of execution: {info.module}"))
        self.learned(info)

    def learned(self, info: RunInfo) -> None:
        known = logtext.header(info)
        fresh = {label: value for label, value in known.items() if self._known.get(label) != value}
        self._known = known
        self._say("".join(logtext.entry(label, value) for label, value in fresh.items()))

    def phase(self, name: str) -> None:
        self._say(logtext.entry("phase", name))

    def note(self, text: str) -> None:
        self._say(logtext.entry("note", text))

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
            self._say(logtext.line(f"*** {lost} ***"))
        self._end(result)
        self._file.close()
        if self._failure is not None:
            self.troubles.append(f"The log has no proper end: {self._failure.strerror}.")
        self._settle()

    def _end(self, result: Result) -> None:
        """The footer. Its evidence is read from the file: that cannot be wrong about what is in it."""
        self._say(logtext.line(logtext.RULE))
        words = "".join(logtext.entry(label, value) for label, value in logtext.footer(result))
        try:
            self._file.seek(0)
            above, size = sha256(self._file)
        except OSError as error:
            self._say(words)
            self._failure = error
            return
        footer = logtext.evidence(size, above.hexdigest()) + words
        self._say(footer)
        above.update(footer.encode(errors="replace"))
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
        replace(output / LOG, logtext.line(f"NO RUN BEGAN, nothing was tested: {text}").encode())
        forget(output)
