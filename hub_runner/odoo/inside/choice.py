"""Which of the tests that Odoo selects by tags are run, in which order, how often, and after how many failures none is.

The runner puts the choice beside the record, as JSON::

    {"places": [PLACE, ...], "failed": [PLACE, ...], "first": [PLACE, ...], "keywords": EXPRESSION,
     "max_fail": 0, "rounds": 1, "until_fail": false}

A PLACE is ``[FILE, CLASS, METHOD]``; an empty text stands for all. A test is run if it is in one of ``places``, in one of
``failed``, and its names fit ``keywords``; what is empty keeps nothing out.
"""

from __future__ import annotations

import copy
import json
import re
import unittest
from collections.abc import Iterable, Sequence
from pathlib import Path

from hub_runner.odoo.inside.keywords import compiled
from hub_runner.odoo.inside.tests import describe
from hub_runner.odoo.inside.types_of_odoo import Json, OdooObject

CHOICE = "choice.json"


class Choice:
    """Without a document all tests are run, once, in Odoo's order."""

    def __init__(self, document: Json | None = None) -> None:
        document = document or {}
        self._places = [[tuple(place) for place in document.get(name, ())] for name in ("places", "failed")]
        self._first = [tuple(place) for place in document.get("first", ())]
        self._fits = compiled(document["keywords"]) if document.get("keywords") else None
        self.max_fail = int(document.get("max_fail", 0))
        self.rounds = int(document.get("rounds", 1))
        self.until_fail = bool(document.get("until_fail", False))
        self.failed: set[tuple[str, str, str]] = set()  # tests, and classes that could not be set up

    @classmethod
    def beside(cls, record: str) -> Choice:
        """The choice in the folder of the record. Raises ValueError if the file is not JSON."""
        path = Path(record).parent / CHOICE
        return cls(json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None)

    @property
    def is_over(self) -> bool:
        """Whether no other test is to begin."""
        return bool(self.max_fail) and len(self.failed) >= self.max_fail

    def of(self, tests: Iterable[unittest.TestCase]) -> list[unittest.TestCase]:
        """The tests that are to run, in their order."""
        chosen = [test for test in tests if self.has(test)]
        if not self._first:
            return chosen
        order = {type(test): number for number, test in reversed(list(enumerate(chosen)))}
        classes = {type(test) for test in chosen if _is_in(test, self._first)}
        # Classes stay together, or each would be set up twice.
        return sorted(chosen, key=lambda test: (type(test) not in classes, order[type(test)], not _is_in(test, self._first)))

    def has(self, test: unittest.TestCase) -> bool:
        if not all(_is_in(test, places) for places in self._places if places):
            return False
        about = describe(test)
        names = (Path(about["home"] or "").stem, about["cls"], about["method"])
        return self._fits is None or self._fits(names)

    def suite(self, suite: OdooObject, tests: Sequence[unittest.TestCase]) -> OdooObject:
        """A suite of the same kind as ``suite`` with these tests, which it runs as often as is asked for.

        It is empty once it is over, and ``suite`` itself if that has these tests and they run once.
        """
        tests = [] if self.is_over else tests
        if self.rounds < 2 and list(suite) == list(tests):
            return suite
        suite = type(suite)(tests)
        if self.rounds < 2:
            return suite
        run = suite.run

        def repeated(result: OdooObject, *args: object, **kwargs: object) -> OdooObject:
            waiting = list(tests)
            for number in range(self.rounds):
                if number:
                    result._previousTestClass = None  # or the class would not be set up again
                    suite._tests = waiting
                waiting = [again(test) for test in waiting]  # before they run: a doctest forgets its names when it ends
                run(result, *args, **kwargs)
                if result.shouldStop or (self.until_fail and self.failed):
                    break
            return result

        suite.run = repeated
        return suite


def again(test: unittest.TestCase) -> unittest.TestCase:
    """The same test, which has not run yet, as a new object: nothing that the first one will keep is left in it."""
    try:
        new: OdooObject = type(test)(test._testMethodName)
    except Exception:  # noqa: BLE001 - its class is of the module: load_tests makes a doctest of its text, and so on
        return _copied(test)
    if hasattr(test, "_test_params"):
        new._test_params = test._test_params
    return new  # type: ignore[no-any-return]  # of the same class


def _copied(test: unittest.TestCase) -> unittest.TestCase:
    new: OdooObject = copy.copy(test)
    new._cleanups, new._outcome, new._subtest = [], None, None
    if hasattr(test, "_dt_test"):  # a doctest
        new._dt_test = copy.copy(new._dt_test)
        new._dt_test.globs = new._dt_test.globs.copy()  # up to Python 3.12 they are emptied when the test ends
    return new  # type: ignore[no-any-return]  # of the same class


def _is_in(test: unittest.TestCase, places: Iterable[tuple[str, ...]]) -> bool:
    about, cls = describe(test), type(test)
    return any(
        file in ("", about["home"], about["file"])
        and (name in ("", about["cls"]) or (_is_made_of(name, about["cls"]) and name in {it.__name__ for it in cls.__mro__}))
        and (
            method in ("", about["method"])
            or (_is_made_of(method, about["method"]) and not callable(getattr(cls, method, None)))
        )
        for file, name, method in places
    )


def _is_made_of(written: str, name: str) -> bool:
    """Whether ``parameterized`` may have made ``name`` of what is written in the file: ``test_x_0_a`` of ``test_x``."""
    return re.fullmatch(re.escape(written) + r"_\d+(_.*)?", name) is not None
