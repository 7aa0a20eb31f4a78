"""A result as JSON, and back: the schema is described in docs/result.md.

What ``result.json`` says of a run until it has come to its end, and for ever where it was killed.

The observers that write one file each when a run is over.
"""

from __future__ import annotations

import contextlib
import dataclasses
import datetime as dt
import json
from pathlib import Path
from typing import Any, TextIO, TypeVar

import hub_runner
from hub_runner.errors import Kind
from hub_runner.report import phrases
from hub_runner.report.log import LogFile
from hub_runner.result import Image, Observer, Outcome, Problem, Result, RunInfo, Status, Verdict
from hub_runner.settings import JUNIT, LOG, RESULT
from hub_runner.text import Careful

SCHEMA = 1
Json = dict[str, Any]
Value = TypeVar("Value")


def to_json(result: Result, *, log_sha256: str | None = None) -> Json:
    """Only what JSON knows. ``log_sha256`` is that of the whole log, None where it was not completed."""
    verdict = result.verdict
    return {
        "schema": SCHEMA,
        "hub_runner": hub_runner.__version__,
        "passed": verdict.passed,
        "return_code": result.return_code,
        "summary": phrases.verdict(result),
        "counts": {status.value: verdict.count(status) for status in Status} | {"total": len(verdict.outcomes)},
        "odoo_version": verdict.odoo_version,
        "problems": [dataclasses.asdict(problem) for problem in verdict.problems],
        "notes": list(verdict.notes),
        "tests": [_test(result.info, outcome) for outcome in verdict.outcomes],
        "finished": result.finished.isoformat(),
        "phases": dict(result.phases),
        "cleanup": result.cleanup,
        "leftovers": list(result.leftovers),
        "log_sha256": log_sha256,
        "run": _run(result.info),
    }


def _test(info: RunInfo, outcome: Outcome) -> Json:
    values = {**dataclasses.asdict(outcome), "status": outcome.status.value, "name": outcome.name}
    return {**values, "reproduce": phrases.reproduce(info, outcome)}


def _run(info: RunInfo) -> Json:
    paths = {name: str(getattr(info, name)) for name in ("root", "module_folder", "log")}
    return {**dataclasses.asdict(info), **paths, "started": info.started.isoformat()}


def dumps(document: Json) -> str:
    """One line of plain ASCII: it survives every terminal, pipe and encoding."""
    return json.dumps(document, ensure_ascii=True, allow_nan=False, default=list)


def from_json(document: Json) -> Result:
    """The result that ``to_json`` was given. Raises ValueError, KeyError or TypeError for anything else."""
    if document["schema"] != SCHEMA:
        raise ValueError(f"its schema is {document['schema']}, this hub-runner reads {SCHEMA}")
    verdict = Verdict(
        problems=tuple(_made(Problem, it, details=tuple(it["details"])) for it in document["problems"]),
        outcomes=tuple(_outcome(it) for it in document["tests"]),
        notes=tuple(document["notes"]),
        odoo_version=document["odoo_version"],
    )
    return Result(
        info=_info(document["run"]),
        verdict=verdict,
        finished=dt.datetime.fromisoformat(document["finished"]),
        phases=dict(document["phases"]),
        cleanup=document["cleanup"],
        leftovers=tuple(document["leftovers"]),
    )


def _outcome(values: Json) -> Outcome:
    return _made(Outcome, values, status=Status(values["status"]), subtests=tuple(values["subtests"]))


def _info(values: Json) -> RunInfo:
    return _made(
        RunInfo,
        values,
        **{name: Path(values[name]) for name in ("root", "module_folder", "log")},
        started=dt.datetime.fromisoformat(values["started"]),
        command=tuple(values["command"]),
        images={name: _made(Image, it) for name, it in values["images"].items()},
    )


def _made(kind: type[Value], values: Json, **converted: Any) -> Value:
    """Keys that ``kind`` does not have are left out: a later version of the same schema may add some."""
    names = {field.name for field in dataclasses.fields(kind)}  # type: ignore[arg-type]
    return kind(**{name: value for name, value in {**values, **converted}.items() if name in names})


def unfinished(info: RunInfo) -> Result:
    """Never green. ``finished`` is the moment when the run began: nobody knows more."""
    message = f"The run has not come to its end: it still goes on, or it was killed. {LOG} holds what happened until now."
    problem = Problem.of(Kind.UNFINISHED, message)
    cleanup = "not verified by the run itself: where it was killed, the last words of the log are its guard's"
    return Result(info=info, verdict=Verdict(problems=(problem,)), finished=info.started, phases={}, cleanup=cleanup)


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
