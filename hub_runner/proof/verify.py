"""``hub-runner verify``: what the files of a run prove, level by level, and what they do not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from hub_runner.errors import ExitCode
from hub_runner.proof.agreement import files_agree
from hub_runner.proof.bundle import Bundle, Unreadable, find
from hub_runner.proof.disagreement import Disagreement, Kind, Level
from hub_runner.proof.source import all_pinned, source_agrees
from hub_runner.report import phrases
from hub_runner.settings import Settings
from hub_runner.text import Careful, counted, one_line

TITLES = {
    Level.WHOLE: "L0 whole: the files agree with each other, with their checksums and with the commit",
    Level.WHOSE: "L1 whose: signed by somebody whom the repository knows",
    Level.TRUE: "L2 true:  the same commit was run again, and did the same",
}


@dataclass(frozen=True, kw_only=True)
class Request:
    """What is to be verified. ``target`` is a folder, a file of a run, a run id or a module; None is the last run."""

    target: str | None = None
    level: Level = Level.WHOLE
    commit: str | None = None  # a reference of git to compare with in place of the commit that the run names


def verify(request: Request, settings: Settings, out: TextIO) -> int:
    """Says what is proven. Returns 0 if that is the level that was asked for, else 1. Raises UsageError."""
    bundle = find(settings.output_folder, request.target)
    screen = Careful(out)
    screen.write(f"{_claim(bundle)}\n")
    whole = list(whole_disagreements(bundle, settings.root, request.commit))
    _show(screen, Level.WHOLE, whole, _basis(bundle, request.commit))
    proven = not whole
    screen.write(f"\n{'PROVEN' if proven else 'NOT PROVEN'} at level {request.level.value}\n")
    return ExitCode.PASSED if proven else ExitCode.TESTS_FAILED


def whole_disagreements(bundle: Bundle, root: Path, reference: str | None) -> Iterator[Disagreement]:
    """All that level 0 finds."""
    yield from files_agree(bundle)
    try:
        result = bundle.result
        if not result.verdict.passed:
            text = f"The run says itself that it did not pass (exit code {result.return_code})."
            yield Disagreement(kind=Kind.NOT_PASSED, text=text)
        if part := result.verdict.part:
            text = f"Only a part of the tests was asked for ({part}): this is no verdict on {result.info.module}."
            yield Disagreement(kind=Kind.PART, text=text)
        yield from all_pinned(bundle)
        yield from source_agrees(bundle, root, reference)
    except Unreadable:
        return  # files_agree has said so


def _claim(bundle: Bundle) -> str:
    try:
        return one_line(f"{bundle.result.info.run_id} claims: {phrases.verdict(bundle.result)}")
    except Unreadable:
        return one_line(f"The files in {bundle.folder} make no claim that can be read.")


def _basis(bundle: Bundle, reference: str | None) -> Iterator[str]:
    """What was compared: a proof says what it is about."""
    yield f"files: {', '.join(name for name in bundle.contents)} in {bundle.folder}"
    try:
        info, verdict = bundle.result.info, bundle.result.verdict
        yield f"commit: {reference or info.commit}, modules: {', '.join(bundle.trees)}"
        yield f"tests: {len(verdict.outcomes)} ran, {len(verdict.unrun)} of the written ones did not, with reasons"
        yield "images: " + ", ".join(f"{image.reference} {image.digest[:19]}" for image in info.images.values())
        if info.packages:
            yield f"packages that were added: {', '.join(info.packages)}"
    except Unreadable:
        return


def _show(screen: Careful, level: Level, found: list[Disagreement], basis: Iterator[str]) -> None:
    verdict = f"NO, {counted(len(found), 'disagreement')}" if found else "yes"
    screen.write(f"\n{TITLES[level]}: {verdict}\n")
    for line in basis:
        screen.write(f"  {one_line(line)}\n")
    for disagreement in found:
        screen.write(f"  {disagreement.kind}: {one_line(disagreement.text)}\n")
