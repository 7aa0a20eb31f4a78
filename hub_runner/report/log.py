"""``proof_of_execution_tests.log``: there from the first second, Odoo's bytes as they came, our words around them."""

from __future__ import annotations

import hashlib
from pathlib import Path

from hub_runner.report import logtext
from hub_runner.report.place import LOG, Place, forget, replace, writable
from hub_runner.result import Result, RunInfo


class LogFile:
    """An observer. Each chunk is in the file before ``output`` returns; a disk that fills up is said at the end."""

    def __init__(self, place: Place, troubles: list[str]) -> None:
        self.place, self.troubles = place, troubles
        self.path = place.run / LOG
        self.sha256: str | None = None  # of the whole file, once it is finished
        self._file = self.path.open("ab", buffering=0)
        self._hash, self._size, self._lost = hashlib.sha256(), 0, 0
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
        lost = self._lost
        if self._failure is not None:  # there may be room again, and the last words matter most
            reason = self._failure.strerror
            self._failure = None
            self.troubles.append(f"The log is not complete: {lost} bytes of output are missing ({reason}).")
            self._say(logtext.line(f"*** {lost} bytes of output are missing here: {reason} ***"))
        self._say(self._footer(result))
        self._file.close()
        if self._failure is not None:
            self.troubles.append(f"The log has no proper end: {self._failure.strerror}.")
        else:
            self.sha256 = self._hash.hexdigest()
        self._settle()

    def _footer(self, result: Result) -> str:
        """The evidence comes first, for it speaks of all that stands above it."""
        gap = "" if self._last == b"\n" else "\n"
        digest = self._hash.copy()
        digest.update(gap.encode())
        size = self._size + len(gap)
        return "".join(
            (
                gap,
                logtext.line(logtext.RULE),
                logtext.entry("evidence", f"sha256 of the {size} bytes above this footer: {digest.hexdigest()}"),
                logtext.entry("check with", f"head -c {size} {LOG} | sha256sum"),
                *(logtext.entry(label, value) for label, value in logtext.footer(result)),
            )
        )

    def _settle(self) -> None:
        try:
            self.place.settle(LOG)
        except OSError as error:
            self.troubles.append(f"{LOG} could not be put into {self.place.output} ({error}); it is {self.path}.")

    def _say(self, text: str) -> None:
        gap = "" if self._last == b"\n" or text.startswith("\n") else "\n"
        if text:
            self._write((gap + text).encode(errors="replace"))

    def _write(self, data: bytes) -> None:
        """All of ``data``, for an unbuffered file may take only a part of it."""
        view = memoryview(data)
        try:
            while view:
                written = self._file.write(view) or 0
                self._hash.update(view[:written])
                self._size += written
                self._last = bytes(view[written - 1 : written]) or self._last
                view = view[written:]
        except OSError as error:
            self._failure = error
            self._lost += len(view)


def refused(output: Path, text: str) -> None:
    """Says in the plain log why no run began, so that the log of an older run is never taken for this one.

    Raises EnvironmentFailure."""
    with writable(output):
        output.mkdir(parents=True, exist_ok=True)
        replace(output / LOG, logtext.line(f"NO RUN BEGAN, nothing was tested: {text}").encode())
        forget(output)
