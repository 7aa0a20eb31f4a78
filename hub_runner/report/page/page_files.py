"""report.html beside result.json, of one run or of several."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from hub_runner.host.files import BROKEN_FILE, write_whole
from hub_runner.observers import Observer
from hub_runner.report.log import LogFile
from hub_runner.report.module_end import ModuleEnd
from hub_runner.report.page.batch_page import batch_page
from hub_runner.report.page.run_page import run_page
from hub_runner.report.result_file import from_json, write
from hub_runner.result import Result
from hub_runner.settings import REPORT, RESULT


class PageFile(Observer):
    """Writes report.html at the end of a run."""

    def __init__(self, log: LogFile, *, with_pictures: bool = False) -> None:
        self._log, self._with_pictures = log, with_pictures

    def finished(self, result: Result) -> None:
        write(self._log, REPORT, run_page(result, with_pictures=self._with_pictures))


def write_batch_page(ends: Sequence[ModuleEnd], output: Path, bases: Sequence[Path], title: str, code: int) -> None:
    """Writes report.html of several modules into ``output``, over that of the last run. Raises OSError.

    ``bases`` are the folders whose runs these are: the output folder, or those of the shards. Of a run whose files are not
    there the page shows what batch.json says.
    """
    results, pages = dict[str, Result](), dict[str, str]()
    for end in ends:
        folder = next((folder for base in bases for folder in _folders(base, end) if _is_of(folder, end)), None)
        if folder is None:
            continue
        if result := _result(folder / RESULT):
            results[end.module] = result
        if (folder / REPORT).is_file() and (folder / REPORT).resolve() != (output / REPORT).resolve():
            pages[end.module] = Path(os.path.relpath(folder / REPORT, output)).as_posix()
    write_whole(output / REPORT, batch_page(ends, results, pages, title, code))


def _folders(base: Path, end: ModuleEnd) -> Iterator[Path]:
    """Where the run's files may lie. A path that leads out of the base is another machine's, or nobody's."""
    folder = base / (end.folder or "")
    if folder.resolve().is_relative_to(base.resolve()):
        yield folder
    yield base


def _is_of(folder: Path, end: ModuleEnd) -> bool:
    result = _result(folder / RESULT)
    return result is not None and (result.info.run_id, result.info.module) == (end.run, end.module)


def _result(path: Path) -> Result | None:
    try:
        return from_json(json.loads(path.read_text(encoding="utf-8")))
    except BROKEN_FILE:
        return None
