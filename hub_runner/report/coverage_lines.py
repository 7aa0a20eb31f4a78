"""What a summary says of coverage: one sentence, and the files of which something never ran."""

from __future__ import annotations

from collections.abc import Iterator

from hub_runner.result import Coverage, FileCoverage
from hub_runner.settings import HTMLCOV
from hub_runner.text import counted, one_line, percentage, shorten

FILES = 20  # named in a summary
NAME, MISSING = 60, 120  # characters of a file's name, and of what is missing in it


def one_sentence(coverage: Coverage) -> str:
    """``98.5 % of lines and branches, 91.0 % of what has changed since origin/main``."""
    what = "lines and branches" if coverage.branch else "lines"
    changed = (
        f", {percentage(coverage.percent_of_changed)} of what has changed since {coverage.since}" if coverage.since else ""
    )
    return one_line(f"{percentage(coverage.percent)} of {what}{changed}")


def table(coverage: Coverage) -> Iterator[str]:
    """The files of which something never ran, the worst first; with coverage-diff only what has changed in them."""
    files = coverage.changed if coverage.since else coverage.files
    partly = sorted((file for file in files if not file.whole), key=lambda file: (file.percent, file.file))
    width = min(NAME, max((len(file.file) for file in partly), default=0))
    for file in partly[:FILES]:
        yield f"{_end(file):<{width}} {percentage(file.percent):>7}  {shorten(one_line(file.missing), MISSING)}"
    if more := partly[FILES:]:
        yield f"... and {counted(len(more), 'file')} more: see {HTMLCOV}/index.html"


def _end(file: FileCoverage) -> str:
    """The end of a path says more than its beginning."""
    name = one_line(file.file)
    return name if len(name) <= NAME else f"...{name[3 - NAME :]}"
