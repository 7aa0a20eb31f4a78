"""Several engines for one command: which module is begun next, on which engine, and what happens if one goes away.

Slots are all that is shared out: each engine does as many runs at once as ``--jobs`` says. No machine is measured.
"""

from __future__ import annotations

import os
from collections import Counter, deque
from collections.abc import Callable, Hashable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from hub_runner.engine import compose
from hub_runner.errors import EnvironmentFailure

OWN = "default"  # the engine that the command would use without the setting
ADDRESSES = ("DOCKER_HOST", "DOCKER_CONTEXT")
LONG = 1.25  # times a fair share of what is left: all would wait for what takes longer, so it begins next
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
    """The engines of these names that answer; each other one is noted. Raises EnvironmentFailure if none answers."""
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
    """The free slots, and the modules that wait for one. ``groups`` says of each module what it shares with others.

    ``seconds`` is what each is likely to take, if it is known of any.
    """

    engines: Sequence[RemoteEngine]
    at_once: int  # on each engine
    groups: Sequence[Hashable]
    note: Callable[[str], None]
    seconds: Sequence[float] = ()
    begun: list[int] = field(init=False, default_factory=list)  # positions in ``groups``, in the order in which they began
    running: dict[int, RemoteEngine] = field(init=False, default_factory=dict)
    _waiting: dict[Hashable, deque[int]] = field(init=False, default_factory=dict)  # by group
    _busy: Counter[RemoteEngine] = field(init=False, default_factory=Counter)  # how many run on each
    _home: dict[Hashable, RemoteEngine] = field(init=False, default_factory=dict)  # where a group was begun first
    _has_begun: set[int] = field(init=False, default_factory=set)
    _long: list[int] = field(init=False)  # positions, the longest last
    _left: float = field(init=False)  # seconds of all that wait

    def __post_init__(self) -> None:
        self.engines = list(self.engines)
        for number, group in enumerate(self.groups):
            self._waiting.setdefault(group, deque()).append(number)
        self._long = sorted(range(len(self.seconds)), key=lambda number: (self.seconds[number], -number))
        self._left = sum(self.seconds)

    @classmethod
    def here(cls, tasks: int, at_once: int, seconds: Sequence[float] = ()) -> Slots:
        """All on the engine that the command uses, in their order."""
        engines, groups = [RemoteEngine(name=OWN)], [None] * tasks
        return cls(engines=engines, at_once=at_once, groups=groups, seconds=seconds, note=lambda _: None)

    @property
    def waiting(self) -> list[int]:
        """The positions of the modules that have not begun."""
        return sorted(number for numbers in self._waiting.values() for number in numbers)

    def take(self) -> tuple[int, RemoteEngine] | None:
        """The module to begin next and its engine; None if there is no slot, or no module."""
        free = (engine for engine in self.engines if self._busy[engine] < self.at_once)
        engine = min(free, key=self._busy.__getitem__, default=None)
        if engine is None or not self._waiting:
            return None
        number = self._overdue()
        if number is None:
            group = min(self._waiting, key=lambda it: (self._distance(it, engine), self._waiting[it][0]))
            number = self._waiting[group][0]
        self._begin(number, engine)
        return number, engine

    def _overdue(self) -> int | None:
        """The longest module, if all would wait for it in the end: it takes longer than a fair share of what is left."""
        while self._long and self._long[-1] in self._has_begun:
            self._long.pop()
        if not self._long:
            return None
        longest = self._long[-1]
        fair = self._left / (self.at_once * len(self.engines))
        return longest if self.seconds[longest] > LONG * fair else None

    def _begin(self, number: int, engine: RemoteEngine) -> None:
        group = self.groups[number]
        self._waiting[group].remove(number)
        if not self._waiting[group]:
            del self._waiting[group]
        self._left -= self.seconds[number] if self.seconds else 0.0
        self.running[number] = engine
        self._busy[engine] += 1
        self.begun.append(number)
        self._has_begun.add(number)
        self._home.setdefault(group, engine)

    def _distance(self, group: Hashable, engine: RemoteEngine) -> int:
        """A group stays where its prepared database is; rather than let a slot stay empty, it begins elsewhere, too."""
        home = self._home.get(group)
        return 0 if home == engine else 1 if home is None else 2

    def give_back(self, number: int, *, environment_failed: bool) -> None:
        """A module has come to its end. If its engine is gone, it gets no other one."""
        engine = self.running.pop(number)
        self._busy[engine] -= 1
        if environment_failed and engine.name != OWN and engine in self.engines and not engine.answers():
            self.engines = [other for other in self.engines if other != engine]
            self._home = {group: home for group, home in self._home.items() if home != engine}
            rest = "the others go on" if self.engines else "no other is left, and what was not begun is not tested"
            self.note(f"The engine {engine.name} does not answer any more: {rest}. It is cleaned once it is back.")
