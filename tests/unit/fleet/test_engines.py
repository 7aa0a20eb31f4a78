"""Several engines: where modules go, and what becomes of them if an engine goes away."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pytest

from hub_runner.errors import EnvironmentFailure
from hub_runner.fleet import engines
from hub_runner.fleet.engines import OWN, RemoteEngine, Slots, those_that_answer

ONE, TWO = RemoteEngine(name="builder-1"), RemoteEngine(name="ssh://builder-2")


@dataclass(frozen=True, kw_only=True)
class Away(RemoteEngine):
    def answers(self) -> bool:
        return False


@dataclass(frozen=True, kw_only=True)
class There(RemoteEngine):
    def answers(self) -> bool:
        return True


def slots(*groups: str, at_once: int = 1, here: Sequence[RemoteEngine] = (ONE, TWO)) -> tuple[Slots, list[str]]:
    notes: list[str] = []
    return Slots(engines=here, at_once=at_once, groups=groups, note=notes.append), notes


def all_that_begin(found: Slots) -> list[tuple[int, str]]:
    begun = []
    while taken := found.take():
        begun.append((taken[0], taken[1].name))
    return begun


def test_each_engine_has_so_many_slots_and_the_emptier_one_is_filled_first() -> None:
    found, _ = slots("a", "b", "c", "d", "e", at_once=2)
    assert all_that_begin(found) == [(0, ONE.name), (1, TWO.name), (2, ONE.name), (3, TWO.name)]
    found.give_back(1, environment_failed=False)
    assert all_that_begin(found) == [(4, TWO.name)]
    assert found.begun == [0, 1, 2, 3, 4]


def test_modules_that_share_a_prepared_database_stay_together() -> None:
    found, _ = slots("mail", "mail", "sale", "sale")
    assert all_that_begin(found) == [(0, ONE.name), (2, TWO.name)]
    found.give_back(0, environment_failed=False)
    found.give_back(2, environment_failed=False)
    assert all_that_begin(found) == [(1, ONE.name), (3, TWO.name)]


def test_rather_than_let_a_slot_stay_empty_a_group_begins_on_another_engine_too() -> None:
    found, _ = slots("mail", "mail")
    assert all_that_begin(found) == [(0, ONE.name), (1, TWO.name)]


@pytest.mark.parametrize(
    ("seconds", "begun"),
    [
        ((), [0, 1, 2, 3]),  # nothing is known
        ((1, 2, 3, 4), [0, 1, 2, 3]),
        ((1, 2, 3, 30), [3, 0, 1, 2]),  # or one slot would be busy with it when all else is done
        ((5, 5, 5, 5), [0, 1, 2, 3]),
    ],
)
def test_a_module_that_all_would_wait_for_in_the_end_begins_first(seconds: tuple[float, ...], begun: list[int]) -> None:
    found = Slots.here(4, 2, seconds)
    while taken := found.take():
        found.give_back(taken[0], environment_failed=False)
    assert found.begun == begun


def test_an_engine_that_went_away_leaves_its_long_module_to_nobody_and_the_others_go_on() -> None:
    engines_ = (Away(name="builder-1"), There(name="builder-2"))
    found = Slots(engines=engines_, at_once=1, groups=["a", "b", "c"], seconds=[1, 1, 30], note=lambda _: None)
    assert all_that_begin(found) == [(2, "builder-1"), (0, "builder-2")]
    found.give_back(2, environment_failed=True)
    found.give_back(0, environment_failed=False)
    assert all_that_begin(found) == [(1, "builder-2")]
    assert found.waiting == []


def test_on_one_engine_the_order_is_that_of_the_command() -> None:
    found = Slots.here(3, 2)
    assert all_that_begin(found) == [(0, OWN), (1, OWN)]
    found.give_back(0, environment_failed=True)  # nobody asks it whether it is there: there is no other
    assert all_that_begin(found) == [(2, OWN)]


def test_an_engine_that_went_away_gets_no_other_module_and_the_rest_goes_on() -> None:
    found, notes = slots("a", "b", "c", "d", here=(There(name="builder-1"), Away(name="builder-2")))
    assert all_that_begin(found) == [(0, "builder-1"), (1, "builder-2")]
    found.give_back(1, environment_failed=True)
    assert notes == ["The engine builder-2 does not answer any more: the others go on. It is cleaned once it is back."]
    assert all_that_begin(found) == []
    found.give_back(0, environment_failed=True)  # whatever it was, the engine is there
    assert all_that_begin(found) == [(2, "builder-1")]
    assert found.waiting == [3]


def test_a_group_whose_engine_went_away_finds_a_new_home() -> None:
    found, _ = slots("mail", "mail", "sale", here=(Away(name="builder-1"), There(name="builder-2")))
    assert all_that_begin(found) == [(0, "builder-1"), (2, "builder-2")]
    found.give_back(0, environment_failed=True)
    found.give_back(2, environment_failed=False)
    assert all_that_begin(found) == [(1, "builder-2")]


def test_when_the_last_engine_went_away_nothing_is_begun_any_more() -> None:
    found, notes = slots("a", "b", here=(Away(name="builder-1"),))
    all_that_begin(found)
    found.give_back(0, environment_failed=True)
    assert "no other is left" in notes[0]
    assert all_that_begin(found) == []


@pytest.mark.parametrize(
    ("name", "variables"),
    [
        ("default", {"DOCKER_HOST": "tcp://own", "DOCKER_TLS_VERIFY": "1"}),
        ("builder-1", {"DOCKER_CONTEXT": "builder-1", "DOCKER_TLS_VERIFY": "1"}),
        ("ssh://builder-2", {"DOCKER_HOST": "ssh://builder-2", "DOCKER_TLS_VERIFY": "1"}),
    ],
)
def test_an_engine_is_the_own_one_a_context_or_an_address(name: str, variables: dict[str, str]) -> None:
    environ = {"DOCKER_HOST": "tcp://own", "DOCKER_TLS_VERIFY": "1"}
    seen = RemoteEngine(name=name).seen_from(environ)
    assert seen == variables
    assert engines.with_engine_of(seen, {"DOCKER_CONTEXT": "planned", "PATH": "/bin"}) == {
        "PATH": "/bin",
        **{key: value for key, value in variables.items() if key in engines.ADDRESSES},
    }


def test_engines_that_do_not_answer_are_left_out_with_a_word(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(RemoteEngine, "answers", lambda it: it.name != "builder-2")
    notes: list[str] = []
    found = those_that_answer(("default", "builder-1", "builder-2", "default"), notes.append)
    assert [engine.name for engine in found] == ["default", "builder-1"]
    assert notes == ["The engine builder-2 does not answer: the others do its work."]


def test_without_any_engine_nothing_begins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(RemoteEngine, "answers", lambda it: False)
    with pytest.raises(EnvironmentFailure, match="None of the engines in the settings answers: a, b"):
        those_that_answer(("a", "b"), pytest.fail)
