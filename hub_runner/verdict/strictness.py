"""What a repository has chosen to let pass: the settings that say fail, note or ignore, and the exceptions in ``waive``."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from hub_runner.exit_codes import Kind
from hub_runner.result import Problem
from hub_runner.settings import Settings, option
from hub_runner.text import listed
from hub_runner.verdict.waived import Waived, is_excepted


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing that a strictness setting decides on. ``text`` is a line for people, and what patterns are compared with."""

    text: str
    file: str | None = None  # relative to the checkout
    line: int | None = None


@dataclass(frozen=True, kw_only=True)
class Lenient:
    """A finding that is not held against the run.

    ``noted``: it is said in the notes. ``waived``: it would have failed the run without the repository's own settings, or
    without a flag or variable that is laxer than these.
    """

    text: str
    noted: bool
    waived: bool


def ruled(setting: str, findings: Iterable[Finding], settings: Settings) -> tuple[list[Finding], list[Lenient]]:
    """The findings that fail the run, and the others, as the strictness setting of this name (``logged_errors``) says."""
    held: list[Finding] = []
    lenient: list[Lenient] = []
    level = getattr(settings, setting)
    strict = setting in settings.strict or "fail" in (level, getattr(Settings, setting))
    for finding in findings:
        excepted = is_excepted(setting, finding.text, settings)
        if level == "fail" and not excepted:
            held.append(finding)
        else:
            noted = level == "note" and not excepted
            told = str(Waived(setting=option(setting), text=finding.text))
            lenient.append(Lenient(text=told, noted=noted, waived=strict))
    return held, lenient


def held_against(kind: Kind, message: str, held: Sequence[Finding]) -> Problem:
    """The problem of these findings: a line on each, at the place of the first."""
    texts = listed([finding.text for finding in held])
    return Problem.of(kind, message, *texts, file=held[0].file, line=held[0].line)
