"""``result.json`` of a run: a result as JSON, and back. docs/result.md describes the schema."""

from __future__ import annotations

import contextlib
import dataclasses
import datetime as dt
import json
from pathlib import Path
from typing import Any, TextIO, TypeVar

import hub_runner
from hub_runner.exit_codes import Kind
from hub_runner.observers import Observer
from hub_runner.report import phrases
from hub_runner.report.causes import Cause, distinct
from hub_runner.report.log import LogFile
from hub_runner.result import (
    Coverage,
    FileCoverage,
    Image,
    Lifecycle,
    Outcome,
    Problem,
    Result,
    RunInfo,
    SetUp,
    Status,
    Verdict,
)
from hub_runner.settings import LOG, RESULT
from hub_runner.text import Careful

SCHEMA = 1
PATHS = ("root", "module_folder", "log")  # fields of RunInfo that are text in JSON
Json = dict[str, Any]  # a JSON document: what is in it is checked when it is read
Value = TypeVar("Value")


def to_json(result: Result, *, log_sha256: str | None = None) -> Json:
    """``log_sha256`` is the sha256 of the whole log, None if it was not completed."""
    verdict = result.verdict
    return {
        "schema": SCHEMA,
        "hub_runner": hub_runner.__version__,
        "passed": verdict.passed,
        "return_code": result.return_code,
        "summary": phrases.verdict(result),
        "counts": {status.value: verdict.count(status) for status in Status} | {"total": len(verdict.outcomes)},
        "part": verdict.part or None,
        "left_out": verdict.left_out,
        "odoo_version": verdict.odoo_version,
        "coverage": _coverage(verdict.coverage) if verdict.coverage else None,
        "problems": [dataclasses.asdict(problem) for problem in verdict.problems],
        "notes": list(verdict.notes),
        "waived": list(verdict.waived),
        "unrun": dict(verdict.unrun),
        "causes": [_cause(cause) for cause in distinct(result)],
        "reproduce": phrases.reproduce(result.info, *verdict.failures) if verdict.failures else None,
        "lifecycle": dataclasses.asdict(verdict.lifecycle) if verdict.lifecycle else None,
        "tests": [_test(result.info, outcome) for outcome in verdict.outcomes],
        "set_ups": [dataclasses.asdict(set_up) for set_up in verdict.set_ups],
        "durations": verdict.durations,
        "finished": result.finished.isoformat(),
        "phases": dict(result.phases),
        "cleanup": result.cleanup,
        "leftovers": list(result.leftovers),
        "log_sha256": log_sha256,
        "run": _run(result.info),
    }


def _coverage(coverage: Coverage) -> Json:
    changed = coverage.percent_of_changed if coverage.since else None
    return {**dataclasses.asdict(coverage), "percent": coverage.percent, "percent_of_changed": changed}


def _test(info: RunInfo, outcome: Outcome) -> Json:
    values = {**dataclasses.asdict(outcome), "status": outcome.status.value, "name": outcome.name, "flaky": outcome.is_flaky}
    return {**values, "reproduce": phrases.reproduce(info, outcome)}


def _cause(cause: Cause) -> Json:
    values: Json = {name: getattr(cause, name) for name in ("exception", "file", "line", "function", "advice")}
    return {
        **values,
        "source": [list(line) for line in cause.source],
        "tests": [failure.title for failure in cause.failures],
    }


def _run(info: RunInfo) -> Json:
    values = dataclasses.asdict(info)
    del values["trees"]  # hundreds of files: they stand in proof.json
    paths = {name: str(values[name]) for name in PATHS}
    # The key "project" is older than the name "run id": it is kept for those who read it.
    return {"project": values.pop("run_id"), **values, **paths, "started": info.started.isoformat()}


def dumps(document: Json) -> str:
    """One line of plain ASCII, which survives every terminal, pipe and encoding, and holds no workflow command of GitHub."""
    text = json.dumps(document, ensure_ascii=True, allow_nan=False, default=list)
    return text.replace("##[", "##\\u005b")  # for readers of JSON the same; its runner looks for ``##[`` anywhere in a line


def expect_schema(document: Json, schema: int) -> None:
    """Raises ValueError for a document whose form is of another number, KeyError or TypeError if it says none."""
    if document["schema"] != schema:
        raise ValueError(f"its schema is {document['schema']}, this hub-runner reads {schema}")


def from_json(document: Json) -> Result:
    """The result that ``to_json`` was given. Raises ValueError, KeyError or TypeError for anything else."""
    expect_schema(document, SCHEMA)
    verdict = Verdict(
        problems=tuple(_made(Problem, values, details=tuple(values["details"])) for values in document["problems"]),
        outcomes=tuple(_outcome(it) for it in document["tests"]),
        notes=tuple(document["notes"]),
        waived=tuple(document.get("waived", ())),
        unrun=dict(document.get("unrun", {})),  # older files have none
        odoo_version=document["odoo_version"],
        coverage=_measured(document.get("coverage")),
        part=document.get("part") or "",  # older files have none of these
        left_out=int(document.get("left_out", 0)),
        lifecycle=_lifecycle(document.get("lifecycle")),
        set_ups=tuple(_made(SetUp, values) for values in document.get("set_ups", ())),
        durations=int(document.get("durations", 0)),
    )
    return Result(
        info=_info(document["run"]),
        verdict=verdict,
        finished=dt.datetime.fromisoformat(document["finished"]),
        phases=dict(document["phases"]),
        cleanup=document["cleanup"],
        leftovers=tuple(document["leftovers"]),
    )


def _measured(values: Json | None) -> Coverage | None:
    if values is None:
        return None
    files = {name: tuple(_made(FileCoverage, it) for it in values[name]) for name in ("files", "changed")}
    return _made(Coverage, values, **files)


def _lifecycle(values: Json | None) -> Lifecycle | None:
    if values is None:
        return None
    return _made(Lifecycle, values, migrations=tuple(values["migrations"]), vanished=tuple(values["vanished"]))


def _outcome(values: Json) -> Outcome:
    return _made(
        Outcome,
        values,
        status=Status(values["status"]),
        subtests=tuple(values["subtests"]),
        logged=tuple(values.get("logged", ())),
    )


def _info(values: Json) -> RunInfo:
    return _made(
        RunInfo,
        values,
        run_id=values["project"],
        **{name: Path(values[name]) for name in PATHS},
        started=dt.datetime.fromisoformat(values["started"]),
        command=tuple(values["command"]),
        pictures=tuple(values.get("pictures", ())),
        along=dict(values.get("along", {})),  # older files have none
        packages=tuple(values.get("packages", ())),  # older files have none
        images={name: _made(Image, it) for name, it in values["images"].items()},
    )


def _made(kind: type[Value], values: Json, **converted: Any) -> Value:
    """Ignores keys that ``kind`` does not have: a later version of the same schema may add some."""
    names = {field.name for field in dataclasses.fields(kind)}  # type: ignore[arg-type]
    return kind(**{name: value for name, value in {**values, **converted}.items() if name in names})


def unfinished(info: RunInfo) -> Result:
    """The result of a run until it ends, and for ever if it was killed. ``finished`` is the moment of its start."""
    message = f"The run has not come to its end: it still goes on, or it was killed. {LOG} holds what happened until now."
    problem = Problem.of(Kind.UNFINISHED, message)
    cleanup = "not verified by the run itself; if it was killed, its guard cleaned up and wrote the last lines of the log"
    return Result(info=info, verdict=Verdict(problems=(problem,)), finished=info.started, phases={}, cleanup=cleanup)


class ResultFile(Observer):
    """Writes ``result.json`` in the first second and at the end, then also to ``stdout`` if one is given."""

    def __init__(self, log: LogFile, stdout: TextIO | None = None) -> None:
        self._log, self._stdout = log, stdout

    def started(self, info: RunInfo) -> None:
        """A run that is killed leaves this document: no file at all might be taken for success."""
        with contextlib.suppress(OSError):  # if it cannot be written at the end either, the summary says so
            self._log.folder.write(RESULT, (dumps(to_json(unfinished(info))) + "\n").encode())

    def finished(self, result: Result) -> None:
        text = dumps(to_json(result, log_sha256=self._log.sha256)) + "\n"
        if self._stdout is not None:
            Careful(self._stdout).write(text)
        write(self._log, RESULT, text.encode())


def write(log: LogFile, name: str, data: bytes) -> None:
    """Writes a file beside the log. If that fails, the summary says why."""
    try:
        log.folder.write(name, data)
    except OSError as error:
        log.troubles.append(f"{name} could not be written: {error}.")
