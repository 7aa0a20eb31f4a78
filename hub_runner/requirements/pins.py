"""Which packages of an image stay in their version while others are added, and which may be replaced.

Odoo's own requirements always stay, unless the setting names another version. Any other package of the image stays, too,
unless what is added does not work with it: then a version takes its place that works with the image's other packages.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from hub_runner.requirements import archives
from hub_runner.requirements.inventory import Inventory
from hub_runner.requirements.version_conflicts import is_of_odoo
from hub_runner.requirements.wanted import Package

_KEPT = re.compile(rf"The user requested \(constraint\) (?P<name>[\w.-]+)==\S*{archives.MARK}")


@dataclass(kw_only=True)
class Pins:
    """The constraints that keep an image's packages; ``free`` are the canonical names of those that may be replaced."""

    inventory: Inventory
    kept: dict[str, str] = field(default_factory=dict)  # the versions of the stubs by canonical names
    free: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, packages: Sequence[Package], inventory: Inventory, folder: Path) -> Pins:
        """Of all packages of the image but those that are asked for; a stub of each is written to ``folder``."""
        pins = cls(inventory=inventory, free={canonicalize_name(it.requirement.name) for it in packages})
        for name, installed in inventory.distributions.items():
            if name not in pins.free and installed.version is not None:
                extras = [text for text in installed.requires if "extra" in text]
                pins.kept[name] = archives.stub(folder, installed.name, installed.version, extras)
        return pins

    def loosen(self, said: str) -> bool:
        """Frees the packages that pip named in a conflict, but for Odoo's own. Returns whether there are any."""
        named = {canonicalize_name(match["name"]) for match in _KEPT.finditer(said)}
        found = {name for name in named if name in self.kept and not is_of_odoo(name, self.inventory)}
        for name in found:
            del self.kept[name]
        self.free |= found
        return bool(found)

    @property
    def constraints(self) -> list[str]:
        """A version for each package that stays, and for those that may be replaced the range that the others accept."""
        return [*(f"{name}=={version}" for name, version in self.kept.items()), *self._ranges()]

    def _ranges(self) -> list[str]:
        found = []
        for name in self.kept:
            for text in self.inventory.distributions[name].requires:
                try:
                    requirement = Requirement(text)
                except InvalidRequirement:  # pip warns of it, too, and goes on
                    continue
                needed = canonicalize_name(requirement.name)
                applies = requirement.marker is None or requirement.marker.evaluate(
                    {**self.inventory.environment, "extra": ""}
                )
                if needed in self.free and applies and requirement.specifier:
                    found.append(f"{needed}{requirement.specifier}")
        return list(dict.fromkeys(found))
