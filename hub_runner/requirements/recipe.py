"""What decides the contents of a derived image, and so its name."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass

REPOSITORY = "hub-runner/derived"
FORMAT = 1


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """What decides the contents of a derived image: ``base`` is a digest, the others are as they were asked for."""

    base: str
    packages: tuple[str, ...] = ()
    system: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    constraints: tuple[str, ...] = ()
    only_for: str = ""  # the run whose own image it is; empty: all may use it

    @property
    def key(self) -> str:
        values = {name: value for name, value in vars(self).items() if name != "only_for" or value}
        values = {**values, "packages": sorted(self.packages), "system": sorted(self.system), "format": FORMAT}
        return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()[:32]

    @property
    def reference(self) -> str:
        return f"{REPOSITORY}:{self.key}"
