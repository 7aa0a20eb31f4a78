"""A result as JSON, and back: the schema is described in docs/result.md."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
from pathlib import Path
from typing import Any, TypeVar

import hub_runner
from hub_runner.report import words
from hub_runner.result import Image, Outcome, Problem, Result, RunInfo, Status, Verdict

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
        "summary": words.verdict(result),
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
    return {**values, "reproduce": words.reproduce(info, outcome)}


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
