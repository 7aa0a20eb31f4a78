"""A wait ends with an answer, with its time, or with an error."""

from __future__ import annotations

from itertools import count

import pytest

from hub_runner.host.waiting import until

AT_ONCE = (0.0, 0.0)


def test_the_first_answer_that_is_enough_ends_the_wait() -> None:
    numbers = count()
    assert until(lambda number: number > 3, lambda: next(numbers), seconds=60, pause=AT_ONCE) == 4


def test_without_time_it_still_looks_once_and_returns_what_it_saw() -> None:
    numbers = count()
    assert until(lambda _: False, lambda: next(numbers), seconds=0, pause=AT_ONCE) == 0
    assert next(numbers) == 1


def test_the_last_answer_is_returned_when_the_time_is_over() -> None:
    numbers = count()
    assert until(lambda _: False, lambda: next(numbers), seconds=0.05, pause=(0.001, 0.002)) == next(numbers) - 1


def test_an_error_of_the_look_ends_the_wait() -> None:
    def look() -> bool:
        raise KeyError("gone")

    with pytest.raises(KeyError, match="gone"):
        until(bool, look, seconds=60, pause=AT_ONCE)
