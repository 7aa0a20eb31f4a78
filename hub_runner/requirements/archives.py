"""Wheels and source archives, read as text: no code of theirs is run. And stubs, which stand for what is known already."""

from __future__ import annotations

import contextlib
import email.parser
import io
import re
import tarfile
import tomllib
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from email.message import Message
from pathlib import Path

from packaging.utils import canonicalize_name, parse_wheel_filename
from packaging.version import Version

from hub_runner.errors import UsageError

MARK = "hubrunner"  # the local version of a stub: an index cannot have it
DEFAULT_BUILD = ("setuptools", "wheel")  # what a source archive without pyproject.toml is built with (PEP 517)
_SECTION = re.compile(r"\[(?P<extra>[^:\]]*)(?::(?P<marker>[^\]]*))?\]")


@dataclass(frozen=True, kw_only=True)
class Source:
    """A source archive. ``requires`` and ``build`` are requirements, as its texts have them."""

    path: Path
    name: str
    version: Version
    requires: tuple[str, ...]
    build: tuple[str, ...]


def read_source(path: Path) -> Source:
    """What a source archive says of itself. Raises UsageError if it says too little."""
    texts = _texts(path)
    metadata = _headers(texts.get("PKG-INFO", ""))
    if not metadata["Name"] or not metadata["Version"]:
        raise UsageError(f"{path.name} is a source archive without a PKG-INFO: nothing is known of it without running it.")
    requires = tuple(metadata.get_all("Requires-Dist") or _requires_txt(texts.get("requires.txt", "")))
    return Source(
        path=path,
        name=metadata["Name"],
        version=Version(metadata["Version"]),
        requires=requires,
        build=_build_requires(texts.get("pyproject.toml", "")),
    )


def _texts(path: Path) -> dict[str, str]:
    """PKG-INFO, pyproject.toml and requires.txt, by these names."""
    found = dict[str, str]()
    wanted = re.compile(r"[^/]+/(?:(?:src/|lib/)?[^/]+\.egg-info/(requires\.txt)|(PKG-INFO|pyproject\.toml))")
    with contextlib.suppress(tarfile.TarError, zipfile.BadZipFile, OSError, EOFError):
        if path.suffix == ".zip":
            with zipfile.ZipFile(path) as archive:
                for name in archive.namelist():
                    if match := wanted.fullmatch(name):
                        found[match[1] or match[2]] = archive.read(name).decode(errors="replace")
        else:
            with tarfile.open(path) as tar:
                for member in tar:
                    if (match := wanted.fullmatch(member.name.removeprefix("./"))) and (file := tar.extractfile(member)):
                        found[match[1] or match[2]] = file.read().decode(errors="replace")
    return found


def _headers(text: str) -> Message:
    return email.parser.HeaderParser().parsestr(text)


def _requires_txt(text: str) -> list[str]:
    """Of setuptools' older archives: lines below ``[extra:marker]``. The extras are left out: nobody asks for them."""
    found, marker, plain = list[str](), "", True
    for line in filter(None, map(str.strip, text.splitlines())):
        if match := _SECTION.fullmatch(line):
            marker, plain = match["marker"] or "", not match["extra"]
        elif plain:
            found.append(f"{line}; {marker}" if marker else line)
    return found


def _build_requires(text: str) -> tuple[str, ...]:
    try:
        table = tomllib.loads(text).get("build-system") or {}
    except ValueError:
        return DEFAULT_BUILD
    requires = table.get("requires")
    return tuple(map(str, requires)) if isinstance(requires, list) else DEFAULT_BUILD


def stub(folder: Path, name: str, version: Version, requires: Iterable[str] = ()) -> str:
    """Writes a wheel that has nothing but metadata, for pip to decide with. Returns its version."""
    local = f"{version.local}.{MARK}" if version.local else MARK
    full = f"{version.public}+{local}"
    place = f"{canonicalize_name(name).replace('-', '_')}-{full}"
    requires = list(requires)
    extras = sorted({extra for text in requires for extra in re.findall(r"extra\s*==\s*['\"]([^'\"]+)['\"]", text)})
    lines = [
        *("Metadata-Version: 2.1", f"Name: {name}", f"Version: {full}"),
        *(f"Provides-Extra: {extra}" for extra in extras),
        *(f"Requires-Dist: {text}" for text in requires),
    ]
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as wheel:
        info = f"{place}.dist-info"
        wheel.writestr(f"{info}/METADATA", "\n".join(lines) + "\n")
        wheel.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: hub-runner\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        wheel.writestr(f"{info}/RECORD", "")
    (folder / f"{place}-py3-none-any.whl").write_bytes(buffer.getvalue())
    return full


def is_stub(wheel: Path) -> bool:
    return MARK in str(parse_wheel_filename(wheel.name)[1].local or "").split(".")


def top_level(wheel: Path) -> set[str]:
    """The names that a wheel makes importable."""
    with zipfile.ZipFile(wheel) as archive:
        first = {name.partition("/")[0] for name in archive.namelist()}
    return {name.partition(".")[0] for name in first if not name.endswith((".dist-info", ".data"))}
