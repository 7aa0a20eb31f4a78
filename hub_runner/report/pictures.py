"""Which screenshots and films belong to a failure. Odoo ends the name of a screenshot with the test class."""

from __future__ import annotations

from pathlib import PurePath

from hub_runner.result import Result, RunInfo


def pictures(result: Result) -> tuple[str, ...]:
    """The files that are worth a look: those of failing classes, and films, whose names do not say whose they are."""
    failing = {failure.cls for failure in result.verdict.failures}
    return tuple(dict.fromkeys(picture for cls in sorted(failing) for picture in of_class(result.info, cls)))


def of_class(info: RunInfo, cls: str) -> tuple[str, ...]:
    """The screenshots of a test class, and all films."""
    return tuple(
        path for path in info.pictures if PurePath(path).suffix == ".mp4" or PurePath(path).stem.endswith(f"_{cls}")
    )
