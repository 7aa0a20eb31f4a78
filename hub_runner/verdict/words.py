"""Lists and log records in few lines."""

from __future__ import annotations

from collections.abc import Sequence

from hub_runner.recorded import Logged


def counted(number: int, noun: str) -> str:
    return f"{number} {noun}" + ("" if number == 1 else "es" if noun.endswith("s") else "s")


def listed(lines: Sequence[str], at_most: int = 20) -> tuple[str, ...]:
    """The first lines, and how many more there are."""
    more = len(lines) - at_most
    return (*lines[:at_most], *((f"... and {more} more",) if more > 0 else ()))


def described(log: Logged) -> str:
    """A log record in one line."""
    message = next((line for line in log.message.splitlines() if line.strip()), "")
    where = f"{log.test.name}: " if log.test else ""
    return f"{where}{log.level} {log.logger}: {message[:300]}"


def last(text: str, count: int = 12) -> tuple[str, ...]:
    return tuple(line for line in text.rstrip().splitlines() if line.strip())[-count:]
