"""Looking again and again: until an answer is good enough, or until the time for that is over."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import tenacity

T = TypeVar("T")


def until(is_enough: Callable[[T], object], look: Callable[[], T], *, seconds: float, pause: tuple[float, float]) -> T:
    """The first answer of ``look`` that is enough, or the last one before ``seconds`` are over. It looks at least once.

    Between two looks it waits for some time within ``pause``, in seconds. What ``look`` raises ends it.
    """
    retrying = tenacity.Retrying(
        retry=tenacity.retry_if_result(lambda answer: not is_enough(answer)),
        stop=tenacity.stop_after_delay(seconds),
        wait=tenacity.wait_random(*pause),
        retry_error_callback=lambda state: state.outcome and state.outcome.result(),
    )
    return retrying(look)
