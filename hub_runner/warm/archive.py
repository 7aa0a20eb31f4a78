"""Prepared databases as a file, for CI caches without a registry.

The file is what `docker save` writes. Of a file from elsewhere only prepared databases are loaded, under their own names: it
must not replace an image that somebody else uses.
"""

from __future__ import annotations

import json
import lzma
import posixpath
import tarfile
import zlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TypedDict

from hub_runner.engine import compose
from hub_runner.engine.client import Engine, connect
from hub_runner.engine.compose import Tail
from hub_runner.errors import EnvironmentFailure, UsageError
from hub_runner.warm import store
from hub_runner.warm.label import LABEL, checked
from hub_runner.warm.store import PreparedDatabase

PIECE = 2**20
MANIFEST = "manifest.json"
LONGEST = 2**24  # bytes of a description


class Entry(TypedDict):
    """An image in the file, as `docker save` describes it."""

    Config: str
    RepoTags: list[str]
    Layers: list[str]


def export(databases: Sequence[PreparedDatabase], file: Path, environ: Mapping[str, str], *, timeout: float) -> None:
    """Writes all of them, with the layers below, each layer once. ``timeout`` is in seconds. Raises EnvironmentFailure."""
    command = ("docker", "save", "--output", str(file), *(database.reference for database in databases))
    output = Tail(4096)
    with compose.started(command, environ) as client:
        code = compose.follow(client, timeout, output.add)
    if code != 0:
        why = str(output) if code is not None else f"no end within {timeout:g} s (pull-timeout)"
        raise EnvironmentFailure(f"The prepared databases could not be written to {file}: {why}")


def load(file: Path, *, timeout: float) -> list[PreparedDatabase]:
    """Those that the file holds, which this engine has then. Raises UsageError or EnvironmentFailure."""
    try:
        with tarfile.open(file) as tar:
            entries = list(_prepared(tar))
            if not entries:
                raise UsageError(f"{file} holds no prepared database of this version of hub-runner.")
            engine = connect(timeout=timeout)
            _load(engine, _filtered(tar, entries), file)
    except (OSError, tarfile.TarError, EOFError, zlib.error, lzma.LZMAError) as error:
        raise UsageError(f"{file} cannot be read as an archive of prepared databases: {error}.") from error
    keys = [entry["RepoTags"][0].rpartition(":")[2] for entry in entries]
    found = [database for key in keys if (database := store.find(engine, key))]
    if len(found) < len(keys):
        raise EnvironmentFailure(f"{len(keys) - len(found)} of the databases in {file} did not come through its loading.")
    return found


def _load(engine: Engine, pieces: Iterator[bytes], file: Path) -> None:
    for progress in engine.api.load_image(pieces):
        if complaint := progress.get("error"):
            raise EnvironmentFailure(f"The engine could not load {file}: {complaint}")


def _prepared(tar: tarfile.TarFile) -> Iterator[Entry]:
    """What is a prepared database by its name and its label. Whatever else is in the file is left out."""
    entries = _json(tar, MANIFEST)
    for entry in entries if isinstance(entries, list) else ():
        if isinstance(entry, dict) and (key := _key(entry, tar)):
            layers = [str(layer) for layer in entry["Layers"]]
            yield Entry(Config=str(entry["Config"]), RepoTags=[f"{store.REPOSITORY}:{key}"], Layers=layers)


def _key(entry: dict[str, list[str]], tar: tarfile.TarFile) -> str:
    """That of the prepared database; empty for any other image."""
    try:
        (tag,), config, _ = entry["RepoTags"], _json(tar, str(entry["Config"])), list(entry["Layers"])
        repository, _, key = tag.rpartition(":")
        label = config["config"]["Labels"][LABEL] if isinstance(config, dict) else None
    except (KeyError, TypeError, ValueError, AttributeError):
        return ""
    return key if repository == store.REPOSITORY and checked(label, key) else ""


def _json(tar: tarfile.TarFile, name: str) -> object:
    """None if there is no such file, or no JSON in it."""
    try:
        member = tar.getmember(name)
        content = tar.extractfile(member) if member.size <= LONGEST else None
        return json.loads(content.read()) if content else None
    except (KeyError, ValueError, RecursionError):
        return None


def _filtered(tar: tarfile.TarFile, entries: Sequence[Entry]) -> Iterator[bytes]:
    """The archive with these images alone."""
    names = {name for entry in entries for name in (entry["Config"], *entry["Layers"])}
    for member in tar:
        if member.name in names and (member.isfile() or _is_link_within(member, names)):
            yield member.tobuf()
            if member.isfile() and (content := tar.extractfile(member)):
                while piece := content.read(PIECE):
                    yield piece
                yield bytes(-member.size % tarfile.BLOCKSIZE)
    text = json.dumps(entries).encode()
    description = tarfile.TarInfo(MANIFEST)
    description.size = len(text)
    yield description.tobuf() + text + bytes(-len(text) % tarfile.BLOCKSIZE) + bytes(2 * tarfile.BLOCKSIZE)


def _is_link_within(member: tarfile.TarInfo, names: Collection[str]) -> bool:
    """Older engines write a layer that several images share once, and lead there from the others."""
    return member.issym() and posixpath.normpath(posixpath.join(posixpath.dirname(member.name), member.linkname)) in names
