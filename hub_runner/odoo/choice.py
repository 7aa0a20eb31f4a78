"""Which tests of a module a command asks for: by place, by name, by what failed last; how often, and when to give up.

Odoo's tags choose as far as they can on each series. ``inside/choice.py`` does the rest in Odoo's process.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from hub_runner.text import closest, counted

UNTIL_FAIL = 100  # rounds, if no other number is asked for: a command must have an end
NAMED = 2  # places that a sentence names


@dataclass(frozen=True, kw_only=True)
class Place:
    """Tests of one file: all of them, those of one class, or one. An empty text stands for all.

    ``file`` is relative to the module's folder, with POSIX separators. ``line`` is set until its test was looked up.
    """

    file: str = ""
    cls: str = ""
    method: str = ""
    line: int | None = None

    def __str__(self) -> str:
        if self.line:
            return f"{self.file}:{self.line}"
        return "::".join(part for part in (self.file, self.cls, self.method) if part)

    @property
    def words(self) -> list[str]:
        return [self.file, self.cls, self.method]


@dataclass(frozen=True, kw_only=True)
class Choice:
    """What a command asks for, of one module. Without any argument: all tests, once, in Odoo's order."""

    places: tuple[Place, ...] = ()
    keywords: str = ""  # an expression of names
    last_failed: bool = False  # only the known failures, or all tests if there is none
    failed_first: bool = False  # all tests, the known failures first
    known_failures: tuple[Place, ...] = ()  # of the module's runs before
    max_fail: int = 0  # failed tests after which no other begins; 0: no limit
    rounds: int = 1  # how often each test runs
    until_fail: bool = False  # no further round once a test has failed
    durations: int = 0  # how many of the slowest tests and setUpClass the summary names

    @property
    def only_failed(self) -> tuple[Place, ...]:
        return self.known_failures if self.last_failed else ()

    @property
    def narrows(self) -> bool:
        """Whether some tests of the module are left out on purpose."""
        return bool(self.places or self.keywords or self.only_failed)

    def __str__(self) -> str:
        """What narrows it, for people; empty if nothing does."""
        more = len(self.places) - NAMED
        parts = [str(place) for place in self.places[:NAMED]] + ([f"{more} more"] if more > 0 else [])
        parts += [f"-k {self.keywords!r}"] if self.keywords else []
        parts += [f"--lf: {counted(len(self.only_failed), 'test')} that failed last"] if self.only_failed else []
        return ", ".join(parts)

    def likely(self, tests: Sequence[tuple[str, str, str]]) -> list[str]:
        """Names of these tests (file, class, method) that were likely meant, if it chooses none of them; at most three."""
        words = [word for word in re.findall(r"[\w.]+", self.keywords) if word not in ("and", "or", "not")]
        every = {name: name for file, cls, method in tests for name in (PurePosixPath(file).stem, cls, method)}
        asked = [(word, every) for word in words]
        for place in self.places:
            here = [test for test in tests if test[0] == place.file] or tests
            length = 3 if place.method else 2 if place.cls else 1
            asked += [(place.words[length - 1], {test[length - 1]: "::".join(test[:length]) for test in here})]
        close = [known[name] for word, known in asked for name in closest(word, known)]
        return list(dict.fromkeys(close))[:3]

    def tags(self, module: str) -> str:
        """Odoo's tags for it, if the user names none. A test that is named runs whatever its own tags are."""
        return f"*/{module}" if self.places or self.only_failed else ""

    def document(self) -> dict[str, object]:
        """As ``inside/choice.py`` reads it."""
        return {
            "places": [place.words for place in self.places],
            "failed": [place.words for place in self.only_failed],
            "first": [place.words for place in self.known_failures] if self.failed_first else [],
            "keywords": self.keywords,
            "max_fail": self.max_fail,
            "rounds": self.rounds,
            "until_fail": self.until_fail,
        }


EVERYTHING = Choice()
