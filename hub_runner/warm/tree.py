"""The tree of prepared databases: which one begins from which, so that Odoo installs as few modules as possible.

Sets of modules that are closed (each module comes with all that it needs and brings along) stay closed when two of them
are intersected: what two databases share can be made first, as a third one.
"""

from __future__ import annotations

import heapq
from bisect import bisect_left
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from itertools import combinations

Modules = frozenset[str]
# What one more database costs (PostgreSQL stops, an image is written, PostgreSQL starts), in modules that Odoo could
# install in that time: 4 s, where a module takes 0.5 to 3.
ONE_MORE = 4


@dataclass(frozen=True, kw_only=True)
class Step:
    """A database to make from a smaller one, or from nothing."""

    modules: Modules
    parent: Modules | None

    @property
    def installs(self) -> int:
        return len(self.modules - (self.parent or frozenset()))


def parent_of(wanted: Modules, there: Iterable[Modules]) -> Modules | None:
    """The biggest of those that hold nothing beyond ``wanted``: a superset would hide an undeclared dependency."""
    return max((modules for modules in there if modules <= wanted), key=len, default=None)


def steps(wanted: Collection[Modules], there: Collection[Modules] = ()) -> list[Step]:
    """How to make ``wanted`` when the databases ``there`` exist: smaller ones first, with shared ones that save installs."""
    names = sorted({name for modules in (*wanted, *there) for name in modules})
    bits = {name: 1 << number for number, name in enumerate(names)}
    masks = {sum(bits[name] for name in modules): modules for modules in (*wanted, *there)}
    existing = {sum(bits[name] for name in modules) for modules in there}
    missing = masks.keys() - existing
    missing |= _shared(missing, existing)
    for mask in missing - masks.keys():
        masks[mask] = frozenset(name for name in names if bits[name] & mask)
    parents = _parents(missing, existing)
    return [Step(modules=masks[mask], parent=masks.get(parent)) for mask, parent in parents.items()]


def way_to(wanted: Modules, plan: Iterable[Step]) -> list[Modules]:
    """What a plan makes for ``wanted``, smaller ones first; what others need as well is on the way."""
    parents = {step.modules: step.parent for step in plan}
    way, here = [wanted], parents.get(wanted)
    while here in parents:
        way.append(here)
        here = parents[here]
    return way[::-1]


# From here on a set of modules is an integer with a bit for each of them: a thousand sets are compared with each other in
# a tenth of a second. 0 stands for nothing at all, from which the smallest databases begin.


def _parents(missing: Iterable[int], there: Iterable[int]) -> dict[int, int]:
    """The biggest one that each of ``missing`` can begin from; smaller ones come first."""
    by_size = sorted({*missing, *there}, key=lambda mask: (mask.bit_count(), -mask))
    sizes = [mask.bit_count() for mask in by_size]
    found = {}
    for mask in sorted(missing, key=lambda mask: (mask.bit_count(), mask)):
        smaller = reversed(by_size[: bisect_left(sizes, mask.bit_count())])
        found[mask] = next((other for other in smaller if other & mask == other), 0)
    return found


def _shared(missing: Collection[int], there: Collection[int]) -> set[int]:
    """More databases that make the whole cheaper: what some that begin from the same one have in common."""
    children: dict[int, set[int]] = {}
    for mask, parent in _parents(missing, there).items():
        children.setdefault(parent, set()).add(mask)
    found, waiting = set[int](), list(children.items())
    while waiting:
        parent, siblings = waiting.pop()
        for shared, bigger in _divided(parent, siblings):
            found.add(shared)
            waiting.append((shared, bigger))
    return found


def _divided(parent: int, siblings: set[int]) -> Iterable[tuple[int, set[int]]]:
    """What is worth to be made between ``parent`` and some of the ``siblings``, with these: first what saves most.

    A lazy greedy choice: to make one database only lowers what the others save, so the numbers on the heap are upper bounds.
    The first one that is still exact when it is computed anew is the best of all.
    """
    candidates = {one & other for one, other in combinations(siblings, 2)} - siblings - {parent}
    heap = [(-_saved(shared, parent, siblings), shared) for shared in candidates]
    heapq.heapify(heap)
    while heap and heap[0][0] < 0:
        before, shared = heapq.heappop(heap)
        now = -_saved(shared, parent, siblings)
        if now != before:
            heapq.heappush(heap, (now, shared))
            continue
        bigger = {mask for mask in siblings if mask & shared == shared}
        siblings = siblings - bigger
        more = {shared & other for other in siblings} - siblings - candidates - {parent, shared}
        candidates |= more
        siblings.add(shared)
        for mask in more:
            heapq.heappush(heap, (-_saved(mask, parent, siblings), mask))
        yield shared, bigger


def _saved(shared: int, parent: int, siblings: Iterable[int]) -> int:
    """By how many installs the siblings become cheaper if ``shared`` is made, too."""
    begun = sum(mask & shared == shared for mask in siblings)
    return (begun - 1) * (shared.bit_count() - parent.bit_count()) - ONE_MORE
