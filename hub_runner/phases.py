"""How long each part of a run took."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from hub_runner.observer import Observers


@dataclass
class Phases:
    """Seconds by phase, in the order in which they came; the observers are told of each."""

    observers: Observers
    durations: dict[str, float] = field(default_factory=dict)
    _name: str = ""
    _since: float = 0.0

    def begin(self, name: str) -> None:
        self.end()
        self._name, self._since = name, time.monotonic()
        self.observers.phase(name)

    def end(self) -> None:
        if self._name:
            self.durations[self._name] = round(time.monotonic() - self._since, 3)
        self._name = ""
