"""All that a run shows and writes: the log, result.json, junit.xml, the terminal, GitHub's annotations and summary.

A run does not import this room: it is given the reports as observers. What a result means is decided in ``verdict/``.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from hub_runner.observers import Observer, Observers
from hub_runner.report.log import LogFile, refused
from hub_runner.result import RunInfo
from hub_runner.settings import Settings

if TYPE_CHECKING:
    from hub_runner.report.signature import Signer

__all__ = ["LogFile", "observers", "refused", "reporting"]


def reporting(settings: Settings, *, as_json: bool = False, quiet: bool = False) -> Callable[[RunInfo], Observers]:
    """A function that makes the observers of a run. It raises EnvironmentFailure if the log cannot be written."""
    from hub_runner.report.signature import Signer

    output, signer = settings.output_folder, Signer.of(settings)

    def report(info: RunInfo) -> Observers:
        troubles: list[str] = []
        chosen = observers(
            info.log.parent,
            output,
            troubles,
            as_json=as_json,
            quiet=quiet,
            with_pictures=settings.report_pictures,
            signer=signer,
        )
        return Observers(chosen, troubles)

    return report


def observers(
    run_folder: Path,
    output: Path,
    troubles: list[str] | None = None,
    *,
    as_json: bool = False,
    quiet: bool = False,
    with_pictures: bool = False,
    signer: Signer | None = None,
    stdout: TextIO | None = None,
    stderr: TextIO | None = None,
    environ: Mapping[str, str] = os.environ,
) -> tuple[Observer, ...]:
    """All observers of one run, in the order in which they are told.

    The log comes first, so that it exists when the others begin; the statement after all files that it has the sums of; the
    terminal last, because it shows the ``troubles`` of the others. With ``as_json`` everything but the JSON goes to
    ``stderr``.
    """
    from hub_runner.report.coverage_files import CoverageFiles
    from hub_runner.report.junit import JUnitFile
    from hub_runner.report.page.page_files import PageFile
    from hub_runner.report.result_file import ResultFile
    from hub_runner.report.statement import StatementFile
    from hub_runner.report.terminal import terminal

    stdout, stderr = stdout or sys.stdout, stderr or sys.stderr
    shown = stderr if as_json else stdout
    troubles = [] if troubles is None else troubles
    log = LogFile.create(run_folder, output, troubles)
    chosen: list[Observer] = [
        log,
        ResultFile(log, stdout if as_json else None),
        JUnitFile(log),
        CoverageFiles(log),
        PageFile(log, with_pictures=with_pictures),
        StatementFile(log, signer),
    ]
    if environ.get("GITHUB_ACTIONS") == "true":
        from hub_runner.report.github import Actions

        chosen.append(Actions(shown, environ, log))
    return (*chosen, terminal(shown, environ, troubles, quiet=quiet))
