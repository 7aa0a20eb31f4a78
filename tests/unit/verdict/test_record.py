from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub_runner.verdict.record import Recording

PLACE = {"module": "traction", "cls": "TestRock", "method": "test_one", "file": "tests/test_rock.py", "line": 3}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


def lines(*events: object) -> bytes:
    return b"".join(json.dumps(item).encode() + b"\n" for item in _numbered(events))


def _numbered(events: tuple[object, ...]) -> list[object]:
    return [{**item, "n": n} if isinstance(item, dict) else item for n, item in enumerate(events, 1)]


def test_nothing_recorded_is_nothing_known() -> None:
    assert Recording.parse(b"") == Recording()


def test_a_torn_last_line_loses_only_itself() -> None:
    whole = lines({"event": "start", "odoo": "18.0"}, {"event": "test", **PLACE})
    recording = Recording.parse(whole + b'{"event": "end", "co')
    assert recording.odoo_version == "18.0"
    assert recording.running is not None
    assert recording.running.name == "TestRock.test_one"
    assert not recording.ended


@given(st.binary())
def test_any_bytes_can_be_read(data: bytes) -> None:
    assert not Recording.parse(data).ended


EVENTS = ["start", "hooked", "hook_failed", "raised", "end", "loading", "suite", "test", "outcome", "class_outcome", "log"]


@given(st.sampled_from(EVENTS), st.dictionaries(st.sampled_from([*PLACE, "tests", "loose", "code", "tags"]), JSON))
def test_events_with_values_of_wrong_types_can_be_read(name: str, values: dict[str, object]) -> None:
    Recording.parse(lines({**values, "event": name}))


@pytest.mark.parametrize("data", [b'{"event": ["end"], "n": 1}\n', b'{"event": "parse", "n": 1}\n', b"[" * 100_000])
def test_what_is_no_event_that_is_known_is_passed_over(data: bytes) -> None:
    assert Recording.parse(data) == Recording()


@pytest.mark.parametrize(
    "data", [b"[1]\n", b"[" * 100_000 + b"\n", b"\xff\n", b'{"event": "end"}\n', b'{"event": "end", "n": true}\n']
)
def test_what_is_not_the_recorders_own_is_told(data: bytes) -> None:
    assert Recording.parse(data) == Recording(wrong="1 of its lines are not the recorder's own")


def test_a_test_that_ended_runs_no_more() -> None:
    recording = Recording.parse(lines({"event": "test", **PLACE}, {"event": "outcome", **PLACE, "status": "passed"}))
    assert recording.running is None
    assert [outcome.status for outcome in recording.outcomes] == ["passed"]


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
    events = [{"event": "outcome", **PLACE, "status": status, "run": run} for status, run in (first, second)]
    assert [outcome.status for outcome in Recording.parse(lines(*events)).outcomes] == [counts]


def test_two_classes_of_one_name_in_two_files_are_two_tests() -> None:
    second = {**PLACE, "file": "tests/test_other.py"}
    recording = Recording.parse(lines(*({"event": "outcome", **at, "status": "passed"} for at in (PLACE, second))))
    assert len(recording.outcomes) == 2


def test_a_test_is_selected_where_one_of_the_positions_selects_it() -> None:
    def suite(selected: bool) -> dict[str, object]:
        return {"event": "suite", "position": "x", "tests": [{**PLACE, "selected": selected, "tags": []}]}

    for order in ((True, False), (False, True)):
        (found,) = Recording.parse(lines(*map(suite, order))).found
        assert found.selected
