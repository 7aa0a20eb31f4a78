"""The lines that hub-runner itself writes into a log: header, footer, and the sum that shows an edited log (incident I10).

Every line begins with the same mark. What stands in a value never looks like a line of its own: it is indented.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import shlex
from collections.abc import Iterator, Sequence
from typing import Protocol

import hub_runner
from hub_runner.report import phrases
from hub_runner.report.causes import Cause, distinct
from hub_runner.result import Result, RunInfo
from hub_runner.settings import LOG
from hub_runner.text import harmless

MARK = "hub-runner |"
RULE = "=" * 100
LABEL = 12  # characters; the value begins one further
CHUNK = 1 << 20  # bytes that are read at a time


def line(text: str, indent: int = 4) -> str:
    """``text`` with our mark before each of its lines; all lines but the first are indented."""
    first, *more = harmless(text).split("\n")
    return "".join(f"{MARK} {part}".rstrip() + "\n" for part in (first, *(" " * indent + part for part in more)))


def entry(label: str, value: str) -> str:
    return line(f"{label:<{LABEL}} {value}", LABEL + 1)


def header(info: RunInfo, version: str = hub_runner.__version__) -> dict[str, str]:
    """What is known of the run by now, by label, in the order in which it is written. ``version`` is hub-runner's own."""
    known = {
        "run": info.run_id,
        "hub-runner": version,
        "module": f"{info.module} {info.module_version} in {info.module_folder}",
        "started": moment(info.started),
        "command": shlex.join(info.command),
        "commit": _commit(info),
        "module tree": info.module_tree,
        "with": ", ".join(f"{name} {digest}" for name, digest in info.along.items()),
        "engine": info.engine,
        "compose": info.compose,
        **{f"image {service}": f"{image.reference} {image.digest}" for service, image in info.images.items()},
        "added": ", ".join(info.packages),
        "demo data": info.demo,
        "port": info.port and f"127.0.0.1:{info.port}",
        "warm start": f"{info.warm}, image {info.warm_digest}" if info.warm_digest else info.warm,
        "STAND-IN": info.stand_in and f"*** {info.stand_in} ***",
    }
    return {label: value for label, value in known.items() if value}


def footer(result: Result, causes: Sequence[Cause] | None = None) -> Iterator[tuple[str, str]]:
    """The last words of a run, as labels and values. ``causes`` are those of its failures, if they are known already."""
    verdict = result.verdict
    yield "VERDICT", phrases.verdict(result)
    yield "exit code", str(result.return_code)
    yield "tests", phrases.counts(verdict)
    yield "odoo", verdict.odoo_version or "unknown: its process ended before it said so"
    if result.info.stand_in:
        yield "STAND-IN", f"*** {result.info.stand_in} ***"
    for problem in verdict.problems:
        yield "problem", "\n".join((f"{problem.kind}: {problem.message}", *(f"    {it}" for it in problem.details)))
    for cause in distinct(result) if causes is None else causes:
        source = [f"{number:>4} | {text}" for number, text in cause.source]
        names = ", ".join(failure.title for failure in cause.failures)
        yield "cause", "\n".join((f"{cause.exception} {cause.place}".rstrip(), *source, f"met by {names}"))
    for failure in verdict.failures:
        yield "failure", f"{failure.title} {phrases.place(failure)}".rstrip()
        yield "reproduce", phrases.reproduce(result.info, failure)
    if len(verdict.failures) > 1:
        yield "repeat all", phrases.reproduce(result.info, *verdict.failures)
    for note in verdict.notes:
        yield "note", note
    for finding in verdict.waived:
        yield "waived", finding
    if verdict.coverage:
        yield "coverage", "\n".join((phrases.coverage(verdict.coverage), *phrases.covered_files(verdict.coverage)))
    yield "phases", phrases.phases(result)
    yield "finished", moment(result.finished)
    yield "cleanup", result.cleanup
    for leftover in result.leftovers:
        yield "LEFT BEHIND", leftover


def evidence(size: int, digest: str) -> str:
    """The last lines of a log: how anyone checks, with one command, that the ``size`` bytes above were not edited."""
    proof = entry("evidence", f"sha256 of the {size} bytes above: {digest}")
    return proof + entry("check with", f"head -c {size} {LOG} | sha256sum")


def moment(time: dt.datetime) -> str:
    return f"{time.astimezone(dt.UTC):%Y-%m-%d %H:%M:%S} UTC"


def _commit(info: RunInfo) -> str:
    if not info.commit:
        return "unknown (no git, or no commit yet)"
    return info.commit + {True: " with uncommitted changes", False: " (clean)", None: ""}[info.dirty]


class Readable(Protocol):
    def read(self, size: int, /) -> bytes | None: ...


class Hash(Protocol):
    def update(self, data: bytes, /) -> None: ...

    def hexdigest(self) -> str: ...


def sha256(file: Readable) -> tuple[Hash, int]:
    """The hash of all that ``file`` still holds, which can be continued, and how many bytes that was."""
    digest, size = hashlib.sha256(), 0
    while chunk := file.read(CHUNK):
        digest.update(chunk)
        size += len(chunk)
    return digest, size
