from __future__ import annotations

import io
import tarfile
from pathlib import Path
from typing import Any, cast

from hub_runner.engine.client import Engine
from hub_runner.engine.environment import Environment
from hub_runner.observers import Observers
from hub_runner.odoo import screenshots
from tests.unit.test_result import Told


class Container:
    """An engine with one odoo container that has ``archive`` where pictures lie."""

    def __init__(self, archive: bytes | None) -> None:
        self.archive = archive

    def service(self, run_id: str, service: str) -> dict[str, Any]:
        return {"Id": f"{run_id}-{service}"}

    def copy_from(self, container: str, path: str, *, at_most: int) -> bytes | None:
        assert path == "/tmp/odoo_tests/hub_runner_test"
        return self.archive


def environment(archive: bytes | None, told: Told | None = None) -> Environment:
    return Environment(
        run_id="run",
        engine=cast(Engine, Container(archive)),
        model={"name": "run", "services": {}},
        password="",
        environ={},
        observers=Observers([told] if told else []),
    )


def packed(*names: str, links: tuple[str, ...] = ()) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for name in names:
            entry = tarfile.TarInfo(name)
            entry.size = 3
            tar.addfile(entry, io.BytesIO(b"PNG"))
        for name in links:
            entry = tarfile.TarInfo(name)
            entry.type, entry.linkname = tarfile.SYMTYPE, "/etc/passwd"
            tar.addfile(entry)
    return buffer.getvalue()


def test_screenshots_and_films_come_into_the_runs_folder(tmp_path: Path) -> None:
    archive = packed(
        "db/screenshots/sc_1_TestTour.png", "db/screencasts/frames-1.mp4", "db/screencasts/frames-2/frame_0.png"
    )
    found = screenshots.bring(environment(archive), tmp_path)
    assert [path.relative_to(tmp_path).as_posix() for path in found] == [
        "pictures/frames-1.mp4",
        "pictures/sc_1_TestTour.png",
    ]
    assert found[0].read_bytes() == b"PNG"


def test_nothing_else_that_a_test_puts_there_is_brought_out(tmp_path: Path) -> None:
    archive = packed("db/screenshots/run.sh", "../screenshots/a b.png", "x.png", links=("db/screenshots/link.png",))
    assert screenshots.bring(environment(archive), tmp_path) == ()
    assert list(tmp_path.iterdir()) == []


def test_no_pictures_and_a_broken_archive_leave_the_run_as_it_is(tmp_path: Path) -> None:
    assert screenshots.bring(environment(b""), tmp_path) == ()
    assert screenshots.bring(environment(b"no archive"), tmp_path) == ()


def test_too_many_pictures_are_not_kept_and_that_is_said(tmp_path: Path) -> None:
    told = Told()
    assert screenshots.bring(environment(None, told), tmp_path) == ()
    assert "more than 64 MB of pictures" in told.words[0]
