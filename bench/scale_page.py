"""docs/scale.md and its plot, drawn by hand: a few lines need no library, and the same figures give the same file."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from bench import played

if TYPE_CHECKING:
    from bench.scale import Outcome

WIDTH, HEIGHT, LEFT, TOP, RIGHT, BOTTOM = 760, 420, 70, 20, 200, 50  # of the plot, and its margins
COLOURS = {
    "no registry": "#b3261e",
    "empty registry, pushed to": "#8a5a00",
    "filled registry": "#1a6b2f",
    "matrix, no registry": "#7b4dab",
    "matrix, filled registry": "#1f5fa8",
    "lower bound": "#555555",
}


PAGE = """\
# Many modules on many engines

Written by `python -m bench.scale`, on paper: no engine and no Odoo ran. What decides is hub-runner's own: the order of a
batch, the slots of its engines, the tree of prepared databases, what a run pulls, makes and begins from, and the shards of
`matrix`. What takes time is played, with figures that were measured (`bench/played.py` says where):

| what | figure |
|---|---|
| making a database | {MAKE} s, and {INSTALL} s for each module of Odoo that it installs |
| a layer of one | {FIRST_LAYER} MB if it began from nothing, else {LAYER} MB |
| a pull or a push | {RATE} MB in a second, {REQUEST} s for a question to the registry |
| a warm run | one of 55 that public modules took: 4 to 97 s, the median 9.4 s |

The {count} modules are drawn (`bench/shape.py`, always the same ones) with the numbers of 185 public modules and of Odoo's
own: how many modules they name, which ones how often, and Odoo's own graph below. They start from {sets} different sets of
Odoo's modules, and take {hours} hours one after the other. Each engine does one run at a time, and begins without any
prepared database; how long each module took last time is known. "Matrix" is a shard on an engine of its own, as in CI; the
rest is one command with so many `engines`.

![time to the last verdict](scale.svg)

| engines | databases | last verdict | lower bound | times | databases made | GB moved | GB on the fullest engine |
|---|---|---|---|---|---|---|---|
{rows}

The lower bound is what no order can go below: all runs, and each database once, shared out evenly over the engines; or the
one module that takes longest from nothing to its verdict. {cold} runs had to start cold. All decisions of one row took at
most {planning} s of one processor: each run that lacks its database plans the whole tree by itself, as in earnest (but what
a set of names brings along is looked up once, where each run needs a tenth of a second for all sets).

What is to be read from it:

- With a filled registry a batch is near its bound on any number of engines. Without one each engine installs for itself what
  its modules need, and the more engines, the more of that is done several times.
- A registry that begins empty, and to which all push, has each database made once. That saves the engines work, and up to
  some 50 of them a little time. On 200 it costs time: all wait for what is at the bottom of the tree, which one of them
  makes and pushes, level by level. The next batch finds it filled; so fill it with few engines (`prepare`, at night).
- `matrix` in CI is about as good as one command with as many engines, and needs no machine that begins all runs.
- `cache-limit` (10 GB) must be above the last column, or an engine removes databases that it needs again.
- What is not in here: the machine on which one command begins all runs, each of which costs its processor something, and the
  registry's own line, from which many engines pull at once.
"""


def row(outcome: Outcome) -> str:
    moved = f"{(outcome.pulled + outcome.pushed) / 1e3:.1f}"
    return (
        f"| {outcome.engines} | {outcome.what} | {_clock(outcome.seconds)} | {_clock(outcome.bound)} "
        f"| {outcome.seconds / outcome.bound:.2f} | {outcome.made} | {moved} | {outcome.largest / 1e3:.1f} |"
    )


def page(outcomes: Sequence[Outcome], *, count: int, sets: int, hours: float) -> str:
    rows = "\n".join(map(row, outcomes))
    made = {
        "count": f"{count:,}",
        "sets": sets,
        "hours": f"{hours:.1f}",
        "rows": rows,
        "cold": sum(it.cold for it in outcomes) or "No",
        "planning": f"{max(it.planning for it in outcomes):.0f}",
    }
    figures = {name: f"{getattr(played, name):g}" for name in ("MAKE", "INSTALL", "LAYER", "FIRST_LAYER", "RATE", "REQUEST")}
    return PAGE.format(**made, **figures)


def _clock(seconds: float) -> str:
    minutes = round(seconds / 60)
    return f"{minutes // 60}:{minutes % 60:02} h" if minutes >= 100 else f"{seconds / 60:.1f} min"


def plot(outcomes: Sequence[Outcome]) -> str:
    """Minutes over engines, both by their logarithms."""
    lines: dict[str, list[tuple[int, float]]] = {}
    for it in outcomes:
        lines.setdefault(it.what, []).append((it.engines, it.seconds / 60))
        if it.what == "filled registry":
            lines.setdefault("lower bound", []).append((it.engines, it.bound / 60))
    points = [point for line in lines.values() for point in line]
    scale = _Scale(max(x for x, _ in points), min(y for _, y in points), max(y for _, y in points))
    return "\n".join([*_frame(scale, sorted({x for x, _ in points})), *_lines(lines, scale), "</svg>", ""])


class _Scale:
    def __init__(self, most: float, low: float, high: float) -> None:
        self._most, self.low, self.high = math.log(most), 10 ** math.floor(math.log10(low)), high

    def x(self, engines: float) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * math.log(engines) / self._most

    def y(self, minutes: float) -> float:
        share = math.log(minutes / self.low) / math.log(self.high / self.low)
        return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * share


def _frame(scale: _Scale, engines: Sequence[int]) -> Iterator[str]:
    yield f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="12">'
    yield f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>'
    for number in engines:
        x = f"{scale.x(number):.0f}"
        yield f'<line x1="{x}" y1="{TOP}" x2="{x}" y2="{HEIGHT - BOTTOM}" stroke="#dddddd"/>'
        yield f'<text x="{x}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle">{number}</text>'
    minutes = scale.low
    while minutes <= scale.high:
        y = f"{scale.y(minutes):.0f}"
        yield f'<line x1="{LEFT}" y1="{y}" x2="{WIDTH - RIGHT}" y2="{y}" stroke="#dddddd"/>'
        yield f'<text x="{LEFT - 8}" y="{y}" text-anchor="end" dominant-baseline="middle">{minutes:g} min</text>'
        minutes *= 10
    yield f'<text x="{(LEFT + WIDTH - RIGHT) / 2:.0f}" y="{HEIGHT - 10}" text-anchor="middle">engines</text>'


def _lines(lines: dict[str, list[tuple[int, float]]], scale: _Scale) -> Iterator[str]:
    for number, (what, points) in enumerate(lines.items()):
        path = " ".join(f"{scale.x(engines):.1f},{scale.y(minutes):.1f}" for engines, minutes in points)
        dashed = ' stroke-dasharray="5 4"' if what == "lower bound" else ""
        yield f'<polyline points="{path}" fill="none" stroke="{COLOURS[what]}" stroke-width="2"{dashed}/>'
        y = TOP + 14 + 20 * number
        x, style = WIDTH - RIGHT + 14, f'stroke="{COLOURS[what]}" stroke-width="2"{dashed}'
        yield f'<line x1="{x}" y1="{y - 4}" x2="{x + 22}" y2="{y - 4}" {style}/>'
        yield f'<text x="{x + 28}" y="{y}">{what}</text>'
