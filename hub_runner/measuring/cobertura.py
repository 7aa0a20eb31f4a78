"""Cobertura's XML as coverage.py writes it in the container: with paths of the checkout, and several in one document."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Sequence
from pathlib import Path

MARK = b"<!-- hub-runner -->"  # in the first bytes of a file of ours
COUNTS = ("lines-valid", "lines-covered", "branches-valid", "branches-covered")


def with_paths_of(root: Path, document: bytes) -> bytes:
    """The document with ``root`` as the source of its paths. Raises ValueError for what is no such document."""
    read = _read(document)
    for sources in read.findall("sources"):
        read.remove(sources)
    sources = ET.Element("sources")
    ET.SubElement(sources, "source").text = str(root)
    read.insert(0, sources)
    return _written(read)


def merged(documents: Sequence[bytes]) -> bytes:
    """One document of several, of which no two hold the same file. Raises ValueError; there must be at least one."""
    first, *others = [_read(document) for document in documents]
    packages = _packages(first)
    for other in others:
        packages.extend(_packages(other))
        for name in COUNTS:
            first.set(name, str(_number(first, name) + _number(other, name)))
    for rate, name in (("line-rate", "lines"), ("branch-rate", "branches")):
        valid, covered = _number(first, f"{name}-valid"), _number(first, f"{name}-covered")
        first.set(rate, f"{covered / valid if valid else 1:.4g}")
    return _written(first)


def _read(document: bytes) -> ET.Element:
    if b"<!ENTITY" in document:
        raise ValueError("coverage.xml defines entities, which coverage.py never does")
    try:
        root = ET.fromstring(document)  # noqa: S314  # without entities of its own
    except (ET.ParseError, LookupError) as error:  # cut off; in an encoding that nobody knows
        raise ValueError(f"coverage.xml is no XML: {error}") from error
    if root.tag != "coverage":
        raise ValueError(f"coverage.xml holds <{root.tag}>")
    return root


def _packages(document: ET.Element) -> ET.Element:
    packages = document.find("packages")
    if packages is None:
        raise ValueError("coverage.xml has no packages")
    return packages


def _number(document: ET.Element, name: str) -> int:
    return int(document.get(name) or 0)


def _written(document: ET.Element) -> bytes:
    text: bytes = ET.tostring(document, encoding="utf-8")
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + MARK + b"\n" + text + b"\n"
