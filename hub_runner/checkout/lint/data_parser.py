"""The data files of a module, read without Odoo: are they well-formed, and which external ids do they make or ask for?"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from xml.parsers import expat

from hub_runner.text import not_utf8

ACCESS = "ir.model.access.csv"


@dataclass(frozen=True, kw_only=True)
class Broken:
    """Why a file cannot be read; ``line`` starts at 1."""

    line: int
    message: str


@dataclass(frozen=True, kw_only=True)
class Reference:
    """An external id that a line of an access file asks for. ``column`` is ``model_id`` or ``group_id``."""

    line: int
    column: str
    name: str


def xml_ids(data: bytes) -> set[str] | Broken:
    """The ids in an XML file, as they are written there: with or without ``module.`` before them.

    The ``id`` of every element counts, also of one that is only part of a view: a caller that looks for undefined ids must
    rather believe in too many than in too few.
    """
    ids = set[str]()
    parser = expat.ParserCreate()
    still_open: list[tuple[str, int]] = []

    def start(tag: str, attributes: dict[str, str]) -> None:
        still_open.append((tag, parser.CurrentLineNumber))
        if name := attributes.get("id"):
            ids.add(name.strip())

    parser.StartElementHandler = start
    parser.EndElementHandler = lambda _: still_open.pop()
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        return _explained(data, error, still_open)
    except (ValueError, LookupError) as error:  # an encoding that Python does not know
        return Broken(line=1, message=str(error))
    return ids


def written_ids(data: bytes) -> set[str]:
    """What looks like an id in a file that is not well-formed: rather too many than too few."""
    return {name.decode("utf-8", errors="replace") for name in re.findall(rb"""\bid\s*=\s*["']\s*([\w.-]+)""", data)}


def _explained(data: bytes, error: expat.ExpatError, still_open: list[tuple[str, int]]) -> Broken:
    """The parser's words, and what they mostly come from. The line is that of a tag's start if an attribute is wrong."""
    said = expat.ErrorString(error.code)
    lines = data.decode("utf-8", errors="replace").splitlines()
    line = lines[error.lineno - 1] if 0 < error.lineno <= len(lines) else ""
    rest = line[max(0, error.offset - 1) :]
    tag, begun = still_open[-1] if still_open else ("", 0)
    problem = not_utf8(data) if "invalid token" in said else None
    if problem and problem[0] == error.lineno:
        said += f": the file {problem[1]}"
    elif error.code == expat.errors.codes[expat.errors.XML_ERROR_TAG_MISMATCH] and tag:
        said += f": <{tag}> of line {begun} is still open"
    elif "no element found" in said and tag:
        said += f": <{tag}> of line {begun} is never closed"
    elif re.search(r"[\u201c\u201d\u2018\u2019]", rest[:3]):
        said += ": a typographic quote is none for XML; write \" or '"
    elif re.search(r"&(?!\w+;|#\w+;)", line):
        said += ": & is written &amp;"
    elif re.search(r"=\s*(\"[^\"]*<|'[^']*<)", line):
        said += ": in an attribute < is written &lt;"
    elif re.search(r"\w=[^\s\"'>]*(?:[\s>/]|$)", line):
        said += ": the value of an attribute stands in quotes"
    elif "invalid token" in said:
        said += ": a quote or a blank before an attribute may be missing, or a quote stand in a quoted value"
    return Broken(line=error.lineno, message=said)


def csv_ids(data: bytes) -> set[str]:
    """The external ids that a CSV file makes; none if it has no column for them or cannot be read."""
    try:
        return {row["id"].strip() for _, row in _rows(data) if row.get("id")}
    except (csv.Error, UnicodeDecodeError):
        return set()


def repeated_ids(data: bytes) -> Iterator[tuple[int, str, int]]:
    """The lines of a CSV file that bear the id of an earlier line: line, id, and that earlier line. Raises as ``_rows``."""
    first: dict[str, int] = {}
    for line, row in _rows(data):
        name = (row.get("id") or "").strip()
        if name and first.setdefault(name, line) != line:
            yield line, name, first[name]


def access_references(data: bytes) -> list[Reference] | Broken:
    """The models and groups that an ``ir.model.access.csv`` names."""
    references = []
    try:
        for line, row in _rows(data):
            for column in ("model_id", "group_id"):
                name = row.get(f"{column}:id") or row.get(f"{column}/id") or ""
                if name.strip():
                    references.append(Reference(line=line, column=column, name=name.strip()))
    except csv.Error as error:
        return Broken(line=1, message=str(error))
    except UnicodeDecodeError:
        line, message = not_utf8(data) or (1, "is not UTF-8")
        return Broken(line=line, message=message)
    return references


def header(data: bytes) -> list[str]:
    """The names of the columns of a CSV file; none if it cannot be read."""
    try:
        return [name.strip() for name in next(csv.reader(io.StringIO(data.decode("utf-8"))), [])]
    except (csv.Error, UnicodeDecodeError):
        return []


def _rows(data: bytes) -> Iterator[tuple[int, dict[str, str]]]:
    """Each row that is not empty, with its line. Raises csv.Error or UnicodeDecodeError."""
    reader = csv.reader(io.StringIO(data.decode("utf-8")))
    header: list[str] | None = None
    line = 1
    for row in reader:
        if header is None:
            header = [name.strip() for name in row]
        elif any(row):
            yield line, dict(zip(header, row, strict=False))
        line = reader.line_num + 1
