"""A finding that was let pass: written, and read again from the files of a run, in this one form."""

from __future__ import annotations

from dataclasses import dataclass

from hub_runner.result import HALVES


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
