"""Which tests a watch runs after a save, at a key, and once what failed has passed."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType, SimpleNamespace
from typing import Any, cast

import pytest

from hub_runner.checkout.modules import Module
from hub_runner.exit_codes import Kind
from hub_runner.loop.changes import Scope, conditions
from hub_runner.loop.watch import Watch
from hub_runner.odoo.choice import EVERYTHING, Choice, Place
from hub_runner.plan import Plan
from hub_runner.result import Outcome, Problem, Status, Verdict
from hub_runner.settings import Settings
from tests.plans import plan_of

FILE = "tests/test_rock.py"
BAD = Place(file=FILE, cls="TestRock", method="test_bad")


def outcome(method: str, status: Status = Status.PASSED) -> Outcome:
    return Outcome(module="rock", cls="TestRock", method=method, status=status, file=f"addons/rock/{FILE}")


RED = Verdict(
    outcomes=(outcome("test_good"), outcome("test_bad", Status.FAILED)),
    problems=(Problem.of(Kind.TESTS_FAILED, "it failed"),),
)
GREEN = Verdict(outcomes=(outcome("test_good"), outcome("test_bad")))


class Bench:
    """Odoo, which comes to the verdicts that it is given."""

    installed = True
    files: Mapping[str, Any] = MappingProxyType({})
    plan: Plan

    def __init__(self, *verdicts: Verdict) -> None:
        self.verdicts = list(verdicts)
        self.choices: list[Choice] = []

    def planned(self, needed: Scope) -> Plan:
        return self.plan

    def copy(self, files: object) -> None:
        pass

    def test(self, choice: Choice) -> Any:
        self.choices.append(choice)
        return SimpleNamespace(number=len(self.choices))

    def judge(self, request: object, code: int, choice: Choice, *, timed_out: bool) -> Verdict:
        return replace(self.verdicts.pop(0), part=str(choice))


class Watched(Watch):
    typed = ""

    def __init__(self, root: Path, choice: Choice, bench: Bench) -> None:
        module = Module(name="rock", folder=root / "addons" / "rock", manifest={})
        plan = bench.plan = plan_of(module, Settings(root=root), choice=choice)
        screen = SimpleNamespace(show=lambda quick: None, begin=lambda what: None)
        keys = SimpleNamespace(read=lambda: self.typed)
        nothing = cast(Any, None)
        super().__init__(plan, conditions(plan.settings), nothing, None, cast(Any, screen), cast(Any, keys), nothing)
        self.bench = cast(Any, bench)
        self.server = cast(Any, SimpleNamespace(answers=lambda timeout: [{"number": len(bench.choices), "code": 0}]))

    def save(self) -> None:
        self.wish(Scope.TESTS, "saved", time.monotonic())
        self.answered()

    def press(self, key: str) -> None:
        self.typed = key
        self.pressed()
        self.answered()


@pytest.fixture(autouse=True)
def replaceable(monkeypatch: pytest.MonkeyPatch) -> None:
    """``dataclasses.replace`` takes dataclasses only."""

    def replaced(value: Any, **changes: Any) -> Any:
        return (
            SimpleNamespace(**{**vars(value), **changes})
            if isinstance(value, SimpleNamespace)
            else replace(value, **changes)
        )

    monkeypatch.setattr("hub_runner.loop.watch.replace", replaced)


def test_a_watch_of_what_failed_goes_on_with_it_until_it_passes_and_then_runs_all(tmp_path: Path) -> None:
    bench = Bench(RED, GREEN, GREEN)
    watch = Watched(tmp_path, Choice(last_failed=True), bench)
    for _ in range(3):
        watch.save()
    assert [choice.only_failed for choice in bench.choices] == [(), (BAD,), ()]


def test_a_key_chooses_what_failed_last_and_enter_all(tmp_path: Path) -> None:
    bench = Bench(RED, RED, GREEN)
    watch = Watched(tmp_path, EVERYTHING, bench)
    watch.save()
    watch.press("f")
    watch.press("\n")
    assert [choice.only_failed for choice in bench.choices] == [(), (BAD,), ()]


def test_what_was_asked_for_stays_asked_for(tmp_path: Path) -> None:
    bench = Bench(RED, RED)
    watch = Watched(tmp_path, Choice(keywords="bad", rounds=3), bench)
    watch.save()
    watch.press("f")
    assert [(choice.keywords, choice.rounds) for choice in bench.choices] == [("bad", 3), ("bad", 3)]
