"""The tree of prepared databases: which one begins from which, so that Odoo installs as few modules as possible.

Sets of modules that are closed (each module comes with all that it needs and brings along) stay closed when two of them
are intersected: what two databases share can be made first, as a third one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from itertools import combinations

Modules = frozenset[str]
# What one more database costs (PostgreSQL stops, an image is written, PostgreSQL starts), in modules that Odoo could
# install in that time: 4 s, where a module takes 0.5 to 3.
ONE_MORE = 4
MOST = 60  # databases of one plan: beyond, no shared ones are looked for: each pair is compared, in 1 s for 60, 19 s for 150


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
    missing = set(wanted) - set(there)
    while shared := _best_shared(missing, set(there)):
        missing.add(shared)
    return _in_order(missing, set(there))


def way_to(wanted: Modules, plan: Iterable[Step]) -> list[Modules]:
    """What a plan makes for ``wanted``, smaller ones first; what others need as well is on the way."""
    parents = {step.modules: step.parent for step in plan}
    way, here = [wanted], parents.get(wanted)
    while here in parents:
        way.append(here)
        here = parents[here]
    return way[::-1]


def _in_order(missing: Iterable[Modules], there: set[Modules]) -> list[Step]:
    made, found = set(there), []
    for modules in sorted(missing, key=lambda it: (len(it), sorted(it))):
        found.append(Step(modules=modules, parent=parent_of(modules, made)))
        made.add(modules)
    return found


def _best_shared(missing: set[Modules], there: set[Modules]) -> Modules | None:
    """One more database that makes the whole cheaper; None if none does."""
    if len(missing) > MOST:
        return None
    plan, known = _in_order(missing, there), missing | there
    candidates = {one & other for one, other in combinations(missing, 2)} - known - {frozenset()}
    saved = {shared: _saved(shared, plan, known) for shared in candidates}
    best = max(candidates, key=lambda shared: (saved[shared], sorted(shared)), default=None)
    return best if best is not None and saved[best] > 0 else None


def _saved(shared: Modules, plan: Iterable[Step], known: Iterable[Modules]) -> int:
    """By how much the plan becomes cheaper if ``shared`` is made, too. Each bigger one begins from it if that is better."""
    begun = sum(max(len(shared) - len(step.parent or ()), 0) for step in plan if shared < step.modules)
    return begun - (len(shared) - len(parent_of(shared, known) or ()) + ONE_MORE)
