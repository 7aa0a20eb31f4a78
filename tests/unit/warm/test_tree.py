"""Which prepared database begins from which, with as few installs as a tree allows."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub_runner.warm.tree import ONE_MORE, Modules, Step, parent_of, steps, way_to


def modules(names: str) -> Modules:
    return frozenset(names)


def installs(found: list[Step]) -> int:
    return sum(step.installs for step in found)


def test_nothing_is_made_that_is_there() -> None:
    assert steps([modules("abc")], [modules("abc")]) == []


def test_one_database_is_made_in_one_step() -> None:
    assert steps([modules("abc")]) == [Step(modules=modules("abc"), parent=None)]


def test_a_bigger_one_begins_from_the_biggest_smaller_one() -> None:
    assert parent_of(modules("abcde"), [modules("ab"), modules("abc"), modules("x")]) == modules("abc")


def test_a_superset_never_serves() -> None:
    assert parent_of(modules("ab"), [modules("abc"), modules("abx")]) is None


def test_smaller_ones_are_made_first_whatever_the_order_of_the_question() -> None:
    found = steps([modules("abcdef"), modules("ab")])
    assert [step.modules for step in found] == [modules("ab"), modules("abcdef")]
    assert found[1].parent == modules("ab")
    assert installs(found) == 6


def test_what_two_share_is_made_first_if_that_saves_installs() -> None:
    shared = "abcdefghij"
    found = steps([modules(shared + "k"), modules(shared + "l")])
    assert [step.modules for step in found] == [modules(shared), modules(shared + "k"), modules(shared + "l")]
    assert installs(found) == 12


def test_what_two_share_is_not_made_if_one_more_image_costs_more_than_it_saves() -> None:
    assert [step.modules for step in steps([modules("abk"), modules("abl")])] == [modules("abk"), modules("abl")]


def test_what_is_there_is_begun_from() -> None:
    assert steps([modules("abcd")], [modules("ab"), modules("xyz")]) == [Step(modules=modules("abcd"), parent=modules("ab"))]


@pytest.mark.parametrize(
    ("others", "there", "way"),
    [
        (["abcdefghij", "xyz"], [], ["abcdefghij", "abcdefghijkl"]),
        (["abcdefghijmn"], [], ["abcdefghij", "abcdefghijkl"]),  # nobody asked for it, and both hold it
        (["abcdefghij"], ["abcdefghij"], ["abcdefghijkl"]),  # it is there already
        ([], [], ["abcdefghijkl"]),
        ([], ["abcdefghijkl"], ["abcdefghijkl"]),  # in another variant
    ],
)
def test_on_the_way_to_a_database_is_what_others_need_as_well(others: list[str], there: list[str], way: list[str]) -> None:
    wanted = modules("abcdefghijkl")
    plan = steps([wanted, *map(modules, others)], [*map(modules, there)])
    assert way_to(wanted, plan) == [*map(modules, way)]


SETS = st.lists(st.frozensets(st.sampled_from("abcdefghijklmnop"), min_size=1), min_size=1, max_size=6)


@given(wanted=SETS, there=SETS)
def test_a_plan_makes_all_that_is_wanted_from_what_is_there_by_then(wanted: list[Modules], there: list[Modules]) -> None:
    made = set(there)
    for step in steps(wanted, there):
        assert step.parent is None or (step.parent in made and step.parent < step.modules)
        made.add(step.modules)
    assert set(wanted) <= made


@given(wanted=SETS)
def test_a_tree_never_costs_more_installs_than_making_each_from_nothing(wanted: list[Modules]) -> None:
    assert installs(steps(wanted)) <= sum(map(len, set(wanted)))


def test_what_some_of_many_share_is_found_level_by_level() -> None:
    """Beyond 60 databases no shared one was looked for at all."""
    common, left, right = "abcdefgh", "ijklmnop", "qrstuvwx"
    wanted = [modules(common + half + chr(945 + number)) for half in (left, right) for number in range(40)]
    found = steps(wanted)
    assert [step.modules for step in found[:3]] == [modules(common), modules(common + left), modules(common + right)]
    assert installs(found) == 8 + 8 + 8 + 80


@given(wanted=SETS, there=SETS)
def test_a_plan_says_the_same_whatever_the_order_of_the_question(wanted: list[Modules], there: list[Modules]) -> None:
    """Each run of a batch plans for itself, and all must come to the same databases."""
    assert steps(wanted[::-1], there[::-1]) == steps(wanted, there)


@given(wanted=SETS, there=SETS)
def test_a_shared_database_is_made_only_if_it_saves_more_than_it_costs(wanted: list[Modules], there: list[Modules]) -> None:
    missing = set(wanted) - set(there)
    alone = sum(len(it - (parent_of(it, {*there, *(missing - {it})}) or frozenset())) for it in missing)
    found = steps(wanted, there)
    assert installs(found) + ONE_MORE * (len(found) - len(missing)) <= alone
