"""The observers that write one file each when a run is over."""

from __future__ import annotations

import contextlib
from typing import TextIO

from hub_runner.observer import Observer
from hub_runner.report.careful import Careful
from hub_runner.report.log import LogFile
from hub_runner.report.place import JUNIT, RESULT
from hub_runner.report.result_json import dumps, to_json
from hub_runner.report.unfinished import unfinished
from hub_runner.result import Result, RunInfo


class ResultFile(Observer):
    """``result.json``, from the first second; at the end on ``stdout`` too, as one line, where that was asked for."""

    def __init__(self, log: LogFile, stdout: TextIO | None = None) -> None:
        self._log, self._stdout = log, stdout

    def started(self, info: RunInfo) -> None:
        """Whoever kills the run leaves this, and not the silence that might be taken for success."""
        with contextlib.suppress(OSError):  # said at the end, if it is still so
            self._log.place.write(RESULT, (dumps(to_json(unfinished(info))) + "\n").encode())

    def finished(self, result: Result) -> None:
        text = dumps(to_json(result, log_sha256=self._log.sha256)) + "\n"
        if self._stdout is not None:
            Careful(self._stdout).write(text)
        write(self._log, RESULT, text.encode())


class JUnitFile(Observer):
    """``junit.xml``."""

    def __init__(self, log: LogFile) -> None:
        self._log = log

    def finished(self, result: Result) -> None:
        from hub_runner.report.junit import to_xml

        write(self._log, JUNIT, to_xml(result))


def write(log: LogFile, name: str, data: bytes) -> None:
    """Beside ``log``; what keeps it from being written is for the summary to say."""
    try:
        log.place.write(name, data)
    except OSError as error:
        log.troubles.append(f"{name} could not be written: {error}.")
