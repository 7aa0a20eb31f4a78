"""What to do next about the causes that are met most: a line of the file, and an advice."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from hub_runner.modules import MANIFEST
from hub_runner.verdict.evidence import Evidence

if TYPE_CHECKING:
    from hub_runner.verdict.causes import Cause

_MISSING_ID = re.compile(
    r"(?:external id|External ID not found in the system:) '?(?P<id>[\w.]+)|External ID must not be .*'(?P<other>[\w.]+)'"
)

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
        return _advised(cause, "Install it in the image (odoo-image), or take it out of external_dependencies.")
    return cause


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
    series = (evidence.recording.odoo_version or "").partition("-")[0] or "SERIES"
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
