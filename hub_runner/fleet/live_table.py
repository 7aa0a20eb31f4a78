"""What runs now, as a table below what was shown already: for a person at a terminal, while modules are tested together."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import NamedTuple, TextIO, cast

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from hub_runner.text import Careful

EVERY = 0.25  # seconds between two pictures


class Row(NamedTuple):
    """A module that is being tested: for how many seconds so far, and what its run said last."""

    name: str
    seconds: float
    doing: str


class LiveTable:
    """Nothing of it stays on the screen. ``clear`` takes it away, so that lines can be printed; ``show`` draws it again."""

    def __init__(self, stream: TextIO, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._console = Console(file=cast("TextIO", Careful(stream)), highlight=False, markup=False, emoji=False)
        self._live: Live | None = None
        self._clock, self._drawn = clock, 0.0

    def show(self, head: str, rows: Sequence[Row]) -> None:
        if self._live and self._clock() - self._drawn < EVERY:
            return
        self._drawn = self._clock()
        picture = Group(Text(head, style="bold"), _table(rows))
        if self._live:
            self._live.update(picture, refresh=True)
        else:
            self._live = Live(picture, console=self._console, auto_refresh=False, transient=True)
            self._live.start(refresh=True)

    def clear(self) -> None:
        if self._live:
            self._live.stop()
            self._live = None


def _table(rows: Sequence[Row]) -> Table:
    """One line a row, however narrow the terminal is."""
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True, overflow="ellipsis", style="cyan")
    table.add_column(no_wrap=True, justify="right")
    table.add_column(no_wrap=True, overflow="ellipsis", ratio=1, style="dim")
    for row in rows:
        table.add_row(Text(row.name), f"{row.seconds:.0f} s", Text(row.doing))
    return table
