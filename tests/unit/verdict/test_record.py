from __future__ import annotations

import pytest

from hub_runner.verdict.record import Record
from tests.unit.verdict.story import SECRET, about, event, ran, recorded, suite

PLACE = about("TestRock.test_one")


def parsed(*events: dict[str, object]) -> Record:
    return Record.parse(recorded(event("start"), *events), SECRET)


def statuses(record: Record) -> list[str]:
    return [outcome["status"] for outcome in record.outcomes.values()]


def test_nothing_recorded_is_nothing_known() -> None:
    assert Record.parse(b"", SECRET) == Record()


def test_a_torn_last_line_loses_only_itself() -> None:
    whole = recorded(event("start"), event("test", **PLACE))
    record = Record.parse(whole + b'{"event": "end", "co', SECRET)
    assert record.odoo_version == "18.0-20250101"
    assert record.running is not None
    assert record.running.name == "TestRock.test_one"
    assert not record.ended


def test_a_test_that_ended_runs_no_more() -> None:
    record = parsed(*ran("TestRock.test_one"))
    assert record.running is None
    assert statuses(record) == ["passed"]


def test_a_test_that_ended_in_an_unknown_way_still_runs() -> None:
    record = parsed(*ran("TestRock.test_one", "unknown"))
    assert record.running is not None
    assert statuses(record) == []


@pytest.mark.parametrize(
    ("first", "second", "counts"),
    [
        (("failed", 1), ("passed", 1), "passed"),
        (("failed", 1), ("passed", 2), "failed"),
        (("passed", 1), ("error", 2), "error"),
        (("skipped", 1), ("passed", 2), "passed"),
    ],
    ids=["tried again", "failed once", "failed later", "skipped once"],
)
def test_a_second_try_counts_and_a_second_run_hides_no_failure(
    first: tuple[str, int], second: tuple[str, int], counts: str
) -> None:
    record = parsed(*(event("outcome", **PLACE, status=status, run=run) for status, run in (first, second)))
    assert statuses(record) == [counts]


def test_two_classes_of_one_name_in_two_files_are_two_tests() -> None:
    second = about("TestRock.test_one", file="tests/test_other.py")
    assert len(parsed(*(event("outcome", **place) for place in (PLACE, second))).outcomes) == 2


def test_a_test_that_is_inherited_from_another_file_belongs_to_the_file_of_its_class() -> None:
    inherited = {**PLACE, "home": "tests/test_heir.py"}
    record = parsed(event("outcome", **PLACE), event("outcome", **inherited))
    assert len(record.outcomes) == 2


def test_a_test_is_selected_if_one_of_the_positions_selects_it() -> None:
    selected, deselected = suite("TestRock.test_one"), suite(deselected=("TestRock.test_one",))
    for order in ((selected, deselected), (deselected, selected)):
        (found,) = parsed(*order).found
        assert found.selected


def test_errors_could_not_be_seen_if_they_could_not_at_one_moment() -> None:
    assert parsed(suite(blind="handlers are gone"), event("end")).blind == "handlers are gone"
