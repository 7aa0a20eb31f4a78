"""The reports on coverage beside result.json: coverage.xml, lcov.info and htmlcov, of one module or of several."""

from __future__ import annotations

import contextlib
import html
import shutil
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote

from hub_runner.host.files import write_whole
from hub_runner.measuring.cobertura import merged
from hub_runner.observers import Observer
from hub_runner.report.log import LogFile
from hub_runner.report.output_folder import linked_or_copied, replace_folder
from hub_runner.result import Result
from hub_runner.settings import COVERAGE_XML, HTMLCOV, LCOV

INDEX = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>Coverage</title></head>
<body><h1>Coverage</h1><table><thead><tr><th scope="col">Module</th><th scope="col">Coverage</th></tr></thead>
<tbody>
{rows}</tbody></table></body></html>
"""


class CoverageFiles(Observer):
    """Gives the reports that a run has brought out of its container their plain names."""

    def __init__(self, log: LogFile) -> None:
        self._log = log

    def finished(self, result: Result) -> None:
        if not result.verdict.coverage:
            return
        try:
            self._log.folder.settle(COVERAGE_XML)
            self._log.folder.settle(LCOV)
            self._log.folder.settle_folder(HTMLCOV)
        except OSError as error:
            self._log.troubles.append(f"The reports on coverage could not be put beside the others: {error}.")


def combine(folders: Sequence[tuple[str, str, Path]], output: Path, *, pages: bool = True) -> None:
    """Makes one coverage.xml, lcov.info and htmlcov of those of several modules. Nothing happens if there are none.

    ``folders`` have each module's name, its coverage in words, and the folder of its reports. No two modules share a file,
    so that nothing is counted twice. Without ``pages`` there is no htmlcov. Raises OSError, or ValueError for a report that
    is none.
    """
    found = [(module, words, folder) for module, words, folder in folders if (folder / COVERAGE_XML).is_file()]
    if not found:
        return
    write_whole(output / COVERAGE_XML, merged([(folder / COVERAGE_XML).read_bytes() for _, _, folder in found]))
    write_whole(output / LCOV, b"".join(_bytes(folder / LCOV) for _, _, folder in found))
    shown_pages = [it for it in found if pages and (it[2] / HTMLCOV / "index.html").is_file()]
    if shown_pages:
        _combine_pages(shown_pages, output / HTMLCOV)


def _combine_pages(found: Sequence[tuple[str, str, Path]], target: Path) -> None:
    rows = []
    with replace_folder(target) as made:
        for module, words, folder in found:
            shutil.copytree(folder / HTMLCOV, made / module, copy_function=linked_or_copied)
            link = f'<a href="{html.escape(quote(module))}/index.html">{html.escape(module)}</a>'
            rows.append(f"<tr><td>{link}</td><td>{html.escape(words)}</td></tr>\n")
        (made / "index.html").write_text(INDEX.format(rows="".join(rows)), encoding="utf-8")


def _bytes(path: Path) -> bytes:
    with contextlib.suppress(OSError):
        return path.read_bytes()
    return b""
