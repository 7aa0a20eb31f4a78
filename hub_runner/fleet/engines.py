"""Several engines for one command: which module is begun next, on which engine, and what happens if one goes away.

Slots are all that is shared out: each engine does as many runs at once as ``--jobs`` says. No machine is measured.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from hub_runner.engine import compose
from hub_runner.errors import EnvironmentFailure

OWN = "default"  # the engine that the command would use without the setting
ADDRESSES = ("DOCKER_HOST", "DOCKER_CONTEXT")
PATIENCE = 20.0  # seconds in which an engine must say that it is there


@dataclass(frozen=True, kw_only=True)
class RemoteEngine:
    """``name`` is what the setting says: ``default``, a docker context, or an address such as ssh://builder-1."""

    name: str

    def seen_from(self, environ: Mapping[str, str]) -> dict[str, str]:
        """The variables with which docker's clients and its SDK find this engine."""
        if self.name == OWN:
            return dict(environ)
        others = {name: value for name, value in environ.items() if name not in ADDRESSES}
        return {**others, ("DOCKER_HOST" if "://" in self.name else "DOCKER_CONTEXT"): self.name}

    def answers(self) -> bool:
        command = ("docker", "version", "--format", "{{.Server.Version}}")
        try:
            return compose.ask(command, self.seen_from(os.environ), timeout=PATIENCE)[0] == 0
        except EnvironmentFailure:
            return False

    def enter(self) -> None:
        """From now on this process, and all that it starts, uses this engine."""
        wanted = self.seen_from(os.environ)
        for name in ADDRESSES:
            os.environ.pop(name, None)
        os.environ.update({name: wanted[name] for name in ADDRESSES if name in wanted})


def here(environ: Mapping[str, str]) -> str:
    """The name of the engine that a process with these variables uses."""
    return next((environ[name] for name in ADDRESSES if environ.get(name)), OWN)


def with_engine_of(environ: Mapping[str, str], plan: Mapping[str, str]) -> dict[str, str]:
    """The variables of a plan, with the engine of the process that runs it."""
    others = {name: value for name, value in plan.items() if name not in ADDRESSES}
    return {**others, **{name: environ[name] for name in ADDRESSES if name in environ}}


def those_that_answer(names: Sequence[str], note: Callable[[str], None]) -> list[RemoteEngine]:
    """A note on each that does not. Raises EnvironmentFailure if none does."""
    engines = [RemoteEngine(name=name) for name in dict.fromkeys(names)]
    with ThreadPoolExecutor(max_workers=8) as pool:
        answers = list(pool.map(RemoteEngine.answers, engines))
    away = [engine.name for engine, answering in zip(engines, answers, strict=True) if not answering]
    if len(away) == len(engines):
        raise EnvironmentFailure(f"None of the engines in the settings answers: {', '.join(away)}.")
    for name in away:
        note(f"The engine {name} does not answer: the others do its work.")
    return [engine for engine in engines if engine.name not in away]


@dataclass
class Slots:
    """The free slots, and the modules that wait for one. ``groups`` says of each module what it shares with others."""

    engines: Sequence[RemoteEngine]
    at_once: int  # on each engine
    groups: Sequence[object]
    note: Callable[[str], None]
    waiting: list[int] = field(init=False)  # positions in ``groups``
    begun: list[int] = field(init=False, default_factory=list)  # in the order in which they began
    running: dict[int, RemoteEngine] = field(init=False, default_factory=dict)
    _home: dict[object, RemoteEngine] = field(init=False, default_factory=dict)  # where a group was begun first

    def __post_init__(self) -> None:
        self.waiting, self.engines = list(range(len(self.groups))), list(self.engines)

    @classmethod
    def here(cls, tasks: int, at_once: int) -> Slots:
        """All on the engine that the command uses, in their order."""
        return cls(engines=[RemoteEngine(name=OWN)], at_once=at_once, groups=range(tasks), note=lambda _: None)

    def take(self) -> tuple[int, RemoteEngine] | None:
        """The module to begin next and its engine; None if there is no slot, or no module."""
        for engine in sorted(self._free(), key=lambda it: list(self.running.values()).count(it)):
            if self.waiting:
                number = min(self.waiting, key=lambda it: (self._strangeness(it, engine), it))
                self.waiting.remove(number)
                self.running[number] = engine
                self.begun.append(number)
                self._home.setdefault(self.groups[number], engine)
                return number, engine
        return None

    def _free(self) -> Iterator[RemoteEngine]:
        busy = list(self.running.values())
        return (engine for engine in self.engines if busy.count(engine) < self.at_once)

    def _strangeness(self, number: int, engine: RemoteEngine) -> int:
        """A group stays where its prepared database is; rather than let a slot stay empty, it begins elsewhere, too."""
        home = self._home.get(self.groups[number])
        return 0 if home == engine else 1 if home is None else 2

    def give_back(self, number: int, *, environment_failed: bool) -> None:
        """A module has come to its end. If its engine is gone, it gets no other one."""
        engine = self.running.pop(number)
        if environment_failed and engine.name != OWN and engine in self.engines and not engine.answers():
            self.engines = [other for other in self.engines if other != engine]
            self._home = {group: home for group, home in self._home.items() if home != engine}
            rest = "the others go on" if self.engines else "no other is left, and what was not begun is not tested"
            self.note(f"The engine {engine.name} does not answer any more: {rest}. It is cleaned once it is back.")
