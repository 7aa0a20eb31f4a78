"""What the real recorder's file holds is read, and what anybody else makes of it is seen."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub_runner.odoo.inside.record_file import EventFile
from hub_runner.verdict.events import SHAPES, is_of
from hub_runner.verdict.seal import read
from tests.unit.verdict.story import SECRET, about, event, log, ran, recorded, suite

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)
FOREIGN = "1 of its lines are not the recorder's own"


@pytest.fixture
def record() -> bytes:
    return recorded(event("start"), *(event("test", **about("TestRock.test_one", line=number)) for number in range(3)))


def test_what_was_written_is_read(record: bytes) -> None:
    events, wrong = read(record, SECRET)
    assert ([item["event"] for item in events], wrong) == (["start", "test", "test", "test"], "")


def test_a_torn_last_line_is_where_the_process_ended(record: bytes) -> None:
    for length in range(len(record)):
        assert read(record[:length], SECRET)[1] == ""


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda lines: [*lines[:1], *lines[2:]], "1 of its lines are missing"),
        (lambda lines: lines[1:], "1 of its lines are missing"),
        (lambda lines: [*lines, lines[1]], FOREIGN),
        (lambda lines: [*lines, b"spam"], FOREIGN),
        (lambda lines: [*lines, b'{"event": "end", "n": 2}'], FOREIGN),
    ],
    ids=["one taken out", "the first taken out", "one doubled", "one of another kind", "a number that is taken"],
)
def test_each_change_is_seen(record: bytes, change: Callable[[list[bytes]], list[bytes]], words: str) -> None:
    assert words in read(b"\n".join(change(record.split(b"\n")[:-1])) + b"\n", SECRET)[1]


@pytest.mark.parametrize("seal", [b"", b" 00", b" \xff"])
def test_whoever_does_not_know_the_secret_writes_nothing_that_counts(record: bytes, seal: bytes) -> None:
    line = json.dumps({**event("end"), "n": 5}).encode()
    events, wrong = read(record + line + seal + b"\n", SECRET)
    assert (len(events), wrong) == (4, FOREIGN)


def test_a_seal_that_was_seen_fits_no_longer_line(record: bytes) -> None:
    """A plain hash of secret and text could be continued by whoever sees it; an HMAC cannot."""
    last = record.splitlines()[-1]
    text, _, seal = last.rpartition(b" ")
    longer = text[:-1] + b', "more": 1}'
    assert read(record.replace(last, longer + b" " + seal), SECRET)[1].startswith(FOREIGN)


@pytest.mark.parametrize(
    "line",
    [b"[1]", b"[" * 100_000, b"\xff", b'{"event": "end"}', b'{"event": "end", "n": true}', b'{"event": ["end"], "n": 1}'],
)
def test_what_is_no_event_is_told(line: bytes) -> None:
    assert read(line + b"\n", SECRET) == ([], FOREIGN)


def test_an_event_that_this_version_does_not_know_is_passed_over() -> None:
    assert read(recorded(event("start"), event("weather", sky="blue")), SECRET) == ([{**event("start"), "n": 1}], "")


@pytest.mark.parametrize(
    "wrong",
    [
        event("end", code="0"),
        event("outcome", **about("TestRock.test_one"), tracebacks="none"),
        event("outcome", **about("TestRock.test_one"), duration=float("nan")),
        event("outcome", **{**about("TestRock.test_one"), "cls": None}),
        event("log", message=["a"]),
        {**suite("TestRock.test_one"), "tests": [about("TestRock.test_one")]},
        {"event": "loading", "module": "traction"},
    ],
    ids=["code", "tracebacks", "duration", "class", "message", "test", "missing"],
)
def test_a_sealed_event_of_a_wrong_shape_is_not_the_recorders_own(wrong: dict[str, object]) -> None:
    assert read(recorded(event("start"), wrong), SECRET)[1] == FOREIGN


def test_each_event_that_the_stories_of_these_tests_tell_has_its_shape() -> None:
    told = [event("start"), event("end"), *ran("TestRock.test_one"), log("No"), suite("TestRock.test_one")]
    for item in told:
        assert is_of(item, SHAPES[item["event"]])


@given(st.binary())
def test_any_bytes_can_be_read(data: bytes) -> None:
    assert read(data, SECRET)[0] == []


@given(st.sampled_from(sorted(SHAPES)), st.dictionaries(st.sampled_from([*about("a.b"), "tests", "loose", "code"]), JSON))
def test_events_with_any_values_can_be_read(name: str, values: dict[str, object]) -> None:
    file = EventFile("/dev/null")
    file.seal(SECRET)
    line = file.sealed(json.dumps({**event(name), "n": 1, **values}).encode()) + b"\n"
    events, wrong = read(line, SECRET)
    assert bool(events) != bool(wrong)


def test_a_number_without_end_is_no_more_than_a_line_of_somebody_else() -> None:
    line = json.dumps({**event("class_set_up", **about("TestRock.setUpClass")), "n": 1, "duration": 10**400, "queries": 1})
    assert read(f"{line} {'0' * 64}\n".encode(), SECRET) == ([], "1 of its lines are not the recorder's own")
