"""The first cause of a failed install, out of a cascade of tracebacks.

What to do next about the causes that are met most: a line of the file, and an advice.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from hub_runner.checkout.modules import MANIFEST
from hub_runner.requirements import names
from hub_runner.verdict.evidence import Evidence
from hub_runner.verdict.record import Logged

_FRAME = re.compile(r'^  File "(?P<file>[^"]+)", line (?P<line>\d+)', re.MULTILINE)
_DATA_FILE = re.compile(r"while parsing (?:file:)?(?P<xml>\S+?):(?P<line>\d+)|: file (?P<csv>\S+?) could not be processed")
_MANIFEST = re.compile(r"Module (?P<name>\w+): invalid manifest")
_CHAIN = re.compile(
    r"\n(?:The above exception was the direct cause of|During handling of the above exception, another)[^\n]*\n"
)


@dataclass(frozen=True, kw_only=True)
class Cause:
    """``module`` is the one in which it happened: the tested one, or one that it depends on."""

    module: str
    error: str
    details: tuple[str, ...] = ()
    file: str | None = None  # relative to the module's folder
    line: int | None = None


def first(evidence: Evidence, log: Logged) -> Cause:
    """What was raised, and the line of the module that it leads to."""
    module = _module(evidence, log)
    blocks = _CHAIN.split(log.exception)
    file, line = place(blocks, module) or (None, None)
    error, *rest = _own_words(blocks) or [log.message]
    found = Cause(module=module, error=error.strip()[:500], details=tuple(rest[:12]), file=file, line=line)
    return hint(evidence, found)


def _module(evidence: Evidence, log: Logged) -> str:
    """Odoo loads a module's dependencies before it; with none of ours loaded, the module itself was refused.

    Before all that it reads the manifest of each module on its addons path, and 17.0 and 18.0 stop at a bad one.
    """
    if match := _MANIFEST.search(log.exception):
        return match["name"]
    name = evidence.module.name
    return log.loading if log.loading and not evidence.was_loaded and log.loading != "base" else name


def _own_words(blocks: list[str]) -> list[str]:
    """The last exception's, except where it only says in which record or manifest the one before it was raised."""
    words = _message(blocks[-1])
    if words and _MANIFEST.search(words[0]) and len(blocks) > 1:
        return _message(blocks[-2])
    if words and "somewhere inside" in words[0] and len(blocks) > 1:
        return [*_message(blocks[-2]), *words[1:]]
    if words and "could not be processed:" in words[0] and len(words) > 1:
        return words[1:]
    if words and "while parsing" in words[0] and len(words) > 1:
        return _view_error(words[1:])
    return words


def _message(block: str) -> list[str]:
    """The lines of the exception itself: what stands below the frames, which are indented."""
    lines = block.rstrip().splitlines()
    start = next((i for i in reversed(range(len(lines))) if _FRAME.match(lines[i])), -1) + 1
    while start < len(lines) and lines[start].startswith("  "):
        start += 1
    return [line for line in lines[start:] if line.strip()]


def _view_error(words: list[str]) -> list[str]:
    """Of a view Odoo shows the near XML first, what is wrong with it later, and its own context last."""
    context = next((i for i, word in enumerate(words) if word.startswith("View error context")), len(words))
    words = words[:context]
    reason = [word for word in words if not word.startswith((" ", "<"))][-1:]
    return [*reason, *(word for word in words if word not in reason)]


def place(blocks: list[str], module: str) -> tuple[str, int | None] | None:
    """The data file that was read, else the innermost line of the module's own code in the first of the tracebacks."""
    words = "\n".join(_message(blocks[-1]))
    if _MANIFEST.search(words):
        return MANIFEST, None
    match = _DATA_FILE.search(words)  # not in the whole block: up to 17.0 a line of Odoo's own code says it too
    path = match and (match["xml"] or match["csv"])
    if match and path and f"{module}/" in path:
        return _inside(path, module), int(match["line"]) if match["line"] else None
    for block in blocks:
        frames = [(m["file"], int(m["line"])) for m in _FRAME.finditer(block) if f"/{module}/" in m["file"]]
        if frames:
            return _inside(frames[-1][0], module), frames[-1][1]
    return None


def _inside(path: str, module: str) -> str:
    return path.rpartition(f"{module}/")[2]


if TYPE_CHECKING:
    pass

_MISSING_ID = re.compile(
    r"(?:external id|External ID not found in the system:) '?(?P<id>[\w.]+)|External ID must not be .*'(?P<other>[\w.]+)'"
)

_MISSING_IMPORT = re.compile(r"ModuleNotFoundError: No module named '(?P<name>[\w.]+)'")
_MISSING_MODULE = re.compile(r"that depends on module ['\"](?P<name>\w+)['\"]")  # quoted with ' up to 17.0


def hint(evidence: Evidence, cause: Cause) -> Cause:
    text = "\n".join((cause.error, *cause.details))
    if match := _MISSING_ID.search(text):
        return _missing_id(evidence, cause, match["id"] or match["other"])
    if match := _MISSING_MODULE.search(text):
        return _missing_module(evidence, cause, match["name"])
    if "FileNotFoundError" in cause.error and not cause.file:
        return _advised(cause, "The manifest's data names a file that is not there.")
    if cause.file == MANIFEST:
        return _advised(cause, _other_version(evidence))
    if "external dependency is not met" in text:
        return _advised(
            cause, "Name it in external_dependencies of the manifest, and hub-runner installs it (python-packages)."
        )
    if match := _MISSING_IMPORT.search(cause.error):
        return _missing_import(cause, match["name"])
    return cause


def _missing_import(cause: Cause, name: str) -> Cause:
    """A package that no manifest and no requirements file names. Whose it is, only a known name says: nothing is guessed."""
    top = name.partition(".")[0]
    if top == "odoo" or name.startswith("."):
        return cause
    known = names.of_import(top)
    package = known or f"the package that brings {top!r}"
    if (cause.file or "").startswith("tests/"):
        file = "test-requirements.txt in the checkout's root"
    else:
        file = "external_dependencies of the manifest"
    return _advised(cause, f"No file names {package}: add it to {file}, and hub-runner installs it before the tests.")


def _missing_id(evidence: Evidence, cause: Cause, name: str) -> Cause:
    """An ID that is used before the file that defines it: the classic is an ACL before its group (I8)."""
    folder = evidence.module.folder
    short = name.rpartition(".")[2]
    user = cause.file or ""
    line = cause.line or _line_of(folder / user, short)
    order = [str(entry) for key in ("data", "demo") for entry in evidence.module.manifest.get(key) or ()]
    definer = next((file for file in order if file != user and _defines(folder / file, short)), None)
    if definer and user in order and order.index(definer) > order.index(user):
        advice = f"{definer} defines {name}, and stands after {user} in the manifest's data: list it before."
    elif definer:
        advice = f"{definer} defines {name}: it must be loaded before it is used."
    else:
        advice = f"No data file of the manifest defines {name}: check its spelling, or the module that it belongs to."
    return replace(_advised(cause, advice), line=line)


def _missing_module(evidence: Evidence, cause: Cause, name: str) -> Cause:
    """One that lies in the checkout was copied along: Odoo 17.0 and 18.0 leave it out for its version, silently."""
    if (evidence.module.folder.parent / name / MANIFEST).is_file():
        return _advised(replace(cause, module=name, file=MANIFEST, line=None), _other_version(evidence))
    return _advised(cause, f"Add {name} to an addons folder or the image, or take it out of depends.")


def _other_version(evidence: Evidence) -> str:
    series = (evidence.record.odoo_version or "").partition("-")[0] or "SERIES"
    return (
        f"Odoo refuses it for its version: this one takes {series}.x.y.z, or x.y.z alone. Correct it there; a module that "
        "nobody needs may say `installable: False`."
    )


def _advised(cause: Cause, advice: str) -> Cause:
    return replace(cause, details=(advice, *cause.details))


def _defines(path: Path, name: str) -> bool:
    return _line_of(path, f'id="{name}"') is not None or _line_of(path, f"id='{name}'") is not None


def _line_of(path: Path, text: str) -> int | None:
    return next((number for number, line in enumerate(_lines(path), 1) if text in line), None)


def _lines(path: Path) -> Sequence[str]:
    try:
        return path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ()
