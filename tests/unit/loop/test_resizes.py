from __future__ import annotations

import os
import select
import signal

from hub_runner.loop.resizes import Resizes


def is_readable(resizes: Resizes) -> bool:
    return bool(select.select([resizes], [], [], 0)[0])


def test_each_change_of_the_size_is_told_until_somebody_has_heard_of_it() -> None:
    with Resizes() as resizes:
        assert not is_readable(resizes)
        for _ in range(2):
            os.kill(os.getpid(), signal.SIGWINCH)
            assert is_readable(resizes)
        resizes.clear()
        assert not is_readable(resizes)


def test_whoever_listened_before_listens_again_afterwards() -> None:
    before = signal.getsignal(signal.SIGWINCH)
    with Resizes():
        assert signal.getsignal(signal.SIGWINCH) != before
    assert signal.getsignal(signal.SIGWINCH) == before
