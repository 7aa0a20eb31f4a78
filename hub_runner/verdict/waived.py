"""A finding that was let pass: by which patterns, and in which one form it stands in the files of a run."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase

from hub_runner.result import HALVES
from hub_runner.settings import Settings


@dataclass(frozen=True, kw_only=True)
class Waived:
    """``str`` makes of it what a result has: ``SETTING: TEXT``, or ``HALF: SETTING: TEXT`` if one half of the run had it."""

    setting: str  # with dashes, as users write it
    text: str
    half: str = ""  # a value of HALVES

    def __str__(self) -> str:
        return ": ".join(part for part in (self.half, self.setting, self.text) if part)

    @classmethod
    def parse(cls, told: str) -> Waived:
        half = next((half for half in HALVES.values() if told.startswith(f"{half}: ")), "")
        setting, _, text = told.removeprefix(f"{half}: ").partition(": ")
        return cls(setting=setting, text=text, half=half)


def is_excepted(setting: str, text: str, settings: Settings) -> bool:
    """Whether a pattern of ``waive`` fits the text; a pattern may fit any part of it."""
    rules = [rule.partition(":") for rule in settings.waive]
    return any(name.strip().replace("-", "_") == setting and fnmatchcase(text, f"*{it.strip()}*") for name, _, it in rules)
