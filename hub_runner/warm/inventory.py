"""Which modules an Odoo has, and so which ones are installed in the end when some are asked for.

Looked up once, in a container of the image with the compose file's mounts, and kept in this user's own cache folder.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal, TypedDict

from hub_runner.errors import EnvironmentFailure
from hub_runner.host.files import remember
from hub_runner.host.folders import cache_folder

CHART = "account"  # the module that loads a chart of accounts


class Addon(TypedDict):
    """One of Odoo's modules, as its manifest has it."""

    depends: list[str]
    auto_install: list[str] | Literal[False]  # the modules that bring this one along
    installable: bool
    countries: list[str]  # those of whose companies it is brought along; empty: of all


@dataclass(frozen=True, kw_only=True)
class Inventory:
    """``unknown_order`` says why a warm start of this Odoo could not load its modules as a cold one does."""

    modules: Mapping[str, Addon]
    unknown_order: str = ""

    def closure(self, names: Iterable[str]) -> frozenset[str]:
        """What Odoo marks for installation on a fresh database when it is asked for ``names``.

        Modules of some countries alone are left out, unless they are asked for or needed: whether Odoo adds them depends on
        the companies in the database. Raises EnvironmentFailure for a module that this Odoo lacks.
        """
        marked: set[str] = set()
        missing: dict[str, int] = {}  # of a module that is brought along, how many of those that bring it are not marked yet
        queue = [*names, "base", *self._bringing.get("", ())]
        while queue:
            name = queue.pop()
            if name in marked:
                continue
            if name not in self.modules:
                raise EnvironmentFailure(f"this Odoo has no module {name}")
            marked.add(name)
            queue += self.modules[name]["depends"]
            for other in self._bringing.get(name, ()):
                missing[other] = missing.get(other, len(self._brought_along[other])) - 1
                if not missing[other]:
                    queue.append(other)
        return frozenset(marked)

    def prepared(self, modules: frozenset[str], *, demo: bool) -> frozenset[str]:
        """Those of ``modules``, a closure, that a prepared database holds; a run installs the others itself.

        Without demo data Odoo makes journals and accounts when all modules are installed: on a fresh database neither the
        tested module nor its `at_install` tests meet any. With demo data they are there as soon as `account` is.
        """
        if demo or CHART not in modules:
            return modules
        left_out = {CHART}
        while more := {name for name in modules - left_out if left_out & set(self.modules[name]["depends"])}:
            left_out |= more
        found = self.closure(modules - left_out)
        return found if CHART not in found else self.closure(())

    def late(self, asked: Collection[str], installed: Collection[str]) -> tuple[str, ...]:
        """Those of the modules ``installed`` that Odoo did not mark when it was asked for ``asked``, in alphabetical order.

        A hook of another module had them installed: on a fresh database that is after all others, the tested module too.
        """
        first = set(asked)
        while more := {name for name in set(installed) - first if self._comes_along_with(name, first)}:
            first |= self.closure(more)
        return tuple(sorted(set(installed) - first))

    def _comes_along_with(self, name: str, others: Collection[str]) -> bool:
        auto_install = self.modules[name]["auto_install"]
        return auto_install is not False and set(auto_install) <= set(others)

    @cached_property
    def _brought_along(self) -> dict[str, frozenset[str]]:
        """The modules that Odoo adds by itself, with those that must all be there."""
        return {
            name: frozenset(addon["auto_install"])
            for name, addon in self.modules.items()
            if addon["auto_install"] is not False and addon["installable"] and not addon["countries"]
        }

    @cached_property
    def _bringing(self) -> dict[str, list[str]]:
        """The same from the other side: which ones a module brings along; "" those that need none. A batch asks often."""
        found: dict[str, list[str]] = {}
        for name, needs in self._brought_along.items():
            for need in needs or ("",):
                found.setdefault(need, []).append(name)
        return found


def digest(*parts: str) -> str:
    """The name under which an inventory is kept: of all that decides which modules an Odoo sees."""
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:32]


def load(name: str) -> Inventory | None:
    """The inventory that was kept; None if there is none."""
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
        return parsed(_path(name).read_bytes())
    return None


def keep(name: str, report: bytes) -> None:
    """For later runs of this user. A run goes on without."""
    remember(_path(name), report)


def parsed(report: bytes) -> Inventory:
    """Raises ValueError, KeyError or TypeError for anything that the program in the container does not write."""
    content = json.loads(report)
    if not all(isinstance(addon["depends"], list) for addon in content["modules"].values()):
        raise ValueError("no inventory")
    return Inventory(modules=content["modules"], unknown_order=content["unknown_order"])


def _path(name: str) -> Path:
    """In this user's own cache folder: nobody else can put anything there."""
    return cache_folder() / "modules" / f"{name}.json"
