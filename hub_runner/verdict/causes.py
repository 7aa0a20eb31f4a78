"""The first cause of a failed install, out of a cascade of tracebacks; and why Odoo ignored a module."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from hub_runner.recording import Logged
from hub_runner.verdict.evidence import Evidence

_FRAME = re.compile(r'^  File "(?P<file>[^"]+)", line (?P<line>\d+)', re.MULTILINE)
_PARSE_ERROR = re.compile(r"while parsing (?:file:)?(?P<file>\S+?):(?P<line>\d+)", re.DOTALL)
_CHAIN = re.compile(r"\n(?:The above exception was the direct cause|During handling of the above exception)[^\n]*\n")


@dataclass(frozen=True, kw_only=True)
class Cause:
    message: str
    details: tuple[str, ...] = ()
    file: str | None = None
    line: int | None = None


def first(evidence: Evidence, crash: Logged) -> Cause:
    """The innermost exception, and the last line of the module's own that it passed through."""
    name = evidence.module.name
    root = _CHAIN.split(crash.exception)[0]
    error = _last_paragraph(root)
    file, line = _parsed_file(crash.exception, name) or _own_frame(root, name) or (None, None)
    shown = evidence.in_checkout(file) if file else None
    at = f" at {shown}, line {line}" if shown else ""
    doing = "Its tests could not be imported" if evidence.was_installed else f"{name} could not be installed"
    return Cause(
        message=f"{doing}{at}: {error[0] if error else crash.message}",
        details=error[1:12],
        file=shown,
        line=line if shown else None,
    )


def of_silence(evidence: Evidence) -> Iterator[str]:
    """A message, then Odoo's own lines about it."""
    yield f"Odoo ignored {evidence.module.name}."


def _last_paragraph(traceback: str) -> tuple[str, ...]:
    """The lines of the exception itself, below its frames."""
    lines = traceback.rstrip().splitlines()
    last_frame = max((i for i, line in enumerate(lines) if line.startswith("  ")), default=-1)
    return tuple(lines[last_frame + 1 :])


def _own_frame(traceback: str, module: str) -> tuple[str, int] | None:
    frames = [(m["file"], int(m["line"])) for m in _FRAME.finditer(traceback) if f"/{module}/" in m["file"]]
    return (_inside(frames[-1][0], module), frames[-1][1]) if frames else None


def _parsed_file(traceback: str, module: str) -> tuple[str, int] | None:
    match = _PARSE_ERROR.search(traceback)
    return (_inside(match["file"], module), int(match["line"])) if match and f"{module}/" in match["file"] else None


def _inside(path: str, module: str) -> str:
    return path.rpartition(f"{module}/")[2]
