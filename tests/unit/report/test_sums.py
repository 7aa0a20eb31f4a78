from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub_runner.report import sums

TEXT = b"".join(b"line %d\n" % number for number in range(1, 21))


def edited(old: bytes, new: bytes) -> list[str]:
    return sums.changed_lines(sums.of_lines(TEXT), TEXT.replace(old, new))


@pytest.mark.parametrize(
    ("old", "new", "places"),
    [
        (b"line 7\n", b"line x\n", ["line 7 was changed"]),
        (b"line 7\nline 8\n", b"x\ny\n", ["lines 7-8 were changed"]),
        (b"line 7\nline 8\n", b"x\n", ["line 7 was changed (2 stood there)"]),
        (b"line 7\n", b"", ["1 line is missing before line 7"]),
        (b"line 7\nline 8\n", b"", ["2 lines are missing before line 7"]),
        (b"line 7\n", b"line 7\nx\n", ["line 8 was added"]),
        (b"line 1\n", b"x\ny\nline 1\n", ["lines 1-2 were added"]),
        (b"line 20\n", b"line 20", ["line 20 was changed"]),
        (b"line 19\nline 20\n", b"", ["2 lines are missing before line 19"]),
        (TEXT, b"", ["20 lines are missing before line 1"]),
    ],
)
def test_the_place_of_an_edit_is_named(old: bytes, new: bytes, places: list[str]) -> None:
    assert edited(old, new) == places


def test_two_edits_are_two_places() -> None:
    changed = TEXT.replace(b"line 3\n", b"").replace(b"line 15\n", b"x\n")
    assert sums.changed_lines(sums.of_lines(TEXT), changed) == ["1 line is missing before line 3", "line 14 was changed"]


def test_what_is_the_same_has_no_place() -> None:
    assert sums.changed_lines(sums.of_lines(TEXT), TEXT) == []


def test_a_long_file_has_a_bounded_number_of_sums_and_an_added_line_changes_one_chunk() -> None:
    lines = [b"line %d\n" % number for number in range(60_000)]
    before = sums.of_lines(b"".join(lines))
    assert len(before) < 3 * sums.CHUNKS
    lines.insert(30_000, b"added\n")
    (place,) = sums.changed_lines(before, b"".join(lines))
    first, last = map(int, place.split(" ")[1].split("-"))
    assert first <= 30_001 <= last < first + 200


def test_sums_of_another_shape_are_refused() -> None:
    with pytest.raises(ValueError, match="invalid literal"):
        sums.changed_lines(["x:y"], TEXT)


@given(st.lists(st.binary(max_size=5)), st.lists(st.binary(max_size=5)))
def test_any_change_has_a_place(before: list[bytes], after: list[bytes]) -> None:
    one, other = b"\n".join(before), b"\n".join(after)
    assert bool(sums.changed_lines(sums.of_lines(one), other)) == (one != other)


DOCUMENT: dict[str, Any] = {"passed": True, "tests": [{"name": "A.test"}, {"name": "A.test", "line": 2}], "run": {"port": 1}}


def test_the_parts_of_a_result_are_named_as_people_call_them() -> None:
    assert set(sums.of_document(DOCUMENT)) == {"passed", "test A.test", "test A.test (2)", "run.port"}


@pytest.mark.parametrize(
    ("changed", "places"),
    [
        ({**DOCUMENT, "passed": False}, ["passed was changed"]),
        ({**DOCUMENT, "tests": DOCUMENT["tests"][:1]}, ["test A.test (2) is missing"]),
        ({**DOCUMENT, "run": {"port": 2, "x": 1}}, ["run.port was changed", "run.x was added"]),
        ({**DOCUMENT, "tests": [1]}, ["test A.test is missing", "test A.test (2) is missing", "test ? was added"]),
        ({**DOCUMENT, "run": None}, ["run.port is missing", "run was added"]),
    ],
)
def test_a_changed_part_is_named(changed: dict[str, Any], places: list[str]) -> None:
    assert sums.changed_parts(sums.of_document(DOCUMENT), changed) == places
