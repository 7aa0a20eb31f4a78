"""One answer of the doctor."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Check:
    """``good`` and ``fatal`` make the mark; ``fatal`` says whether a run fails if the check is not good."""

    name: str
    good: bool
    text: str
    advice: str = ""
    details: tuple[str, ...] = ()
    fatal: bool = True

    @property
    def stops(self) -> bool:
        return self.fatal and not self.good

    @property
    def mark(self) -> str:
        return "ok" if self.good else "!!" if self.fatal else "! "

    def __str__(self) -> str:
        first = f"{self.mark}  {self.name:12} {self.text}{f' -> {self.advice}' if self.advice else ''}"
        return "\n".join([*first.splitlines(), *(f"{'':17}{line}" for line in self.details)])


def gigabytes(count: float) -> str:
    return f"{count / 1e9:.1f} GB"
