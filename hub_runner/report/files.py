"""The observers that write one file each when a run is over."""

from __future__ import annotations

from typing import TextIO

from hub_runner.report.careful import Careful
from hub_runner.report.log import LogFile
from hub_runner.report.place import JUNIT, RESULT
from hub_runner.report.quiet import Quiet
from hub_runner.report.result_json import dumps, to_json
from hub_runner.result import Result


class ResultFile(Quiet):
    """``result.json``; on ``stdout`` too, as one line, where that was asked for."""

    def __init__(self, log: LogFile, stdout: TextIO | None = None) -> None:
        self._log, self._stdout = log, stdout

    def finished(self, result: Result) -> None:
        text = dumps(to_json(result, log_sha256=self._log.sha256)) + "\n"
        if self._stdout is not None:
            Careful(self._stdout).write(text)
        write(self._log, RESULT, text.encode())


class JUnitFile(Quiet):
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
