"""What stands in the log beside Odoo's own output: every line of ours starts with the same mark."""

from __future__ import annotations

import datetime as dt
import shlex
from collections.abc import Iterator

import hub_runner
from hub_runner.report import words
from hub_runner.report.harmless import harmless
from hub_runner.report.place import LOG
from hub_runner.result import Result, RunInfo

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
    return f"{time.astimezone(dt.timezone.utc):%Y-%m-%d %H:%M:%S} UTC"


def _commit(info: RunInfo) -> str:
    if not info.commit:
        return "unknown (no git, or no commit yet)"
    return info.commit + {True: " with uncommitted changes", False: " (clean)", None: ""}[info.dirty]


def footer(result: Result) -> Iterator[tuple[str, str]]:
    """The last words of a run, as labels and values."""
    verdict = result.verdict
    yield "VERDICT", words.verdict(result)
    yield "exit code", str(result.return_code)
    yield "tests", words.counts(verdict)
    yield "odoo", verdict.odoo_version or "unknown: it did not come to tell"
    if result.info.stand_in:
        yield "STAND-IN", f"*** {result.info.stand_in} ***"
    for problem in verdict.problems:
        yield "problem", "\n".join((f"{problem.kind}: {problem.message}", *(f"    {it}" for it in problem.details)))
    for failure in verdict.failures:
        yield "failure", f"{failure.name} {words.place(failure)}".rstrip()
        yield "reproduce", words.reproduce(result.info, failure)
    for note in verdict.notes:
        yield "note", note
    yield "phases", words.phases(result)
    yield "finished", moment(result.finished)
    yield "cleanup", result.cleanup
    for leftover in result.leftovers:
        yield "LEFT BEHIND", leftover
