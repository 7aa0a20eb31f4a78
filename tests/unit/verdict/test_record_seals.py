"""What the recorder writes is opened, and what a test makes of it is seen."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from hub_runner.odoo.inside.events import EventFile
from hub_runner.verdict.record import opened

SECRET = b"between runner and recorder"


@pytest.fixture(params=[SECRET, b""], ids=["sealed", "not sealed"])
def secret(request: pytest.FixtureRequest) -> bytes:
    return bytes(request.param)


@pytest.fixture
def record(tmp_path: Path, secret: bytes) -> bytes:
    events = EventFile(str(tmp_path / "record"))
    events.write("start", odoo="18.0 final")
    events.seal(secret)
    for number in range(3):
        events.write("test", line=number)
    return (tmp_path / "record").read_bytes()


def test_what_was_written_is_read(record: bytes, secret: bytes) -> None:
    events, wrong = opened(record, secret)
    assert ([event["n"] for event in events], wrong) == ([1, 2, 3, 4], "")


def test_a_torn_last_line_is_where_the_process_ended(record: bytes, secret: bytes) -> None:
    for length in range(len(record)):
        assert opened(record[:length], secret)[1] == ""


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda lines: [*lines[:1], *lines[2:]], "1 of its lines are missing"),
        (lambda lines: lines[1:], "1 of its lines are missing"),
        (lambda lines: [*lines, lines[1]], "1 of its lines are not"),
        (lambda lines: [*lines, b"spam"], "1 of its lines are not"),
        (lambda lines: [*lines, b'{"event": "end", "n": 2}'], "1 of its lines are not"),
    ],
    ids=["one taken out", "the first taken out", "one doubled", "one of another kind", "a number that is taken"],
)
def test_each_change_is_seen(record: bytes, secret: bytes, change: Callable[[list[bytes]], list[bytes]], words: str) -> None:
    assert words in opened(b"\n".join(change(record.split(b"\n")[:-1])) + b"\n", secret)[1]


@pytest.mark.parametrize("seal", [b"", b" 00", b" \xff"])
@pytest.mark.parametrize("secret", [SECRET])
def test_whoever_does_not_know_the_secret_writes_nothing_that_counts(record: bytes, seal: bytes) -> None:
    events, wrong = opened(record + b'{"event": "end", "code": 0, "n": 5}' + seal + b"\n", SECRET)
    assert (len(events), wrong) == (4, "1 of its lines are not the recorder's own")
