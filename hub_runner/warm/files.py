"""The files of attachments belong to a prepared database: they are kept in its image, and laid out again for each run."""

from __future__ import annotations

import io
import tarfile
from pathlib import PurePosixPath

from hub_runner import snapshot
from hub_runner.engine import Engine

KEPT = "hub-runner"  # a folder of the database's container


def keep(engine: Engine, folder: str, *, odoo: str, db: str) -> None:
    """Copies ``folder`` of the container ``odoo`` into the container ``db``, which becomes an image."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        snapshot.add(tar, KEPT, b"", kind=tarfile.DIRTYPE, mode=0o755)
    engine.copy_into(db, buffer.getvalue())
    _copy(engine, odoo, PurePosixPath(folder), db, PurePosixPath("/", KEPT))


def lay_out(engine: Engine, folder: str, *, odoo: str, db: str) -> None:
    """Copies it back to where it was."""
    path = PurePosixPath(folder)
    _copy(engine, db, PurePosixPath("/", KEPT, path.name), odoo, path.parent)


def _copy(engine: Engine, source: str, path: PurePosixPath, target: str, folder: PurePosixPath) -> None:
    """With owners and times, and piece by piece: all at once might be more than our memory should hold."""
    pieces, _ = engine.api.get_archive(source, str(path))
    engine.api.put_archive(target, str(folder), pieces)
