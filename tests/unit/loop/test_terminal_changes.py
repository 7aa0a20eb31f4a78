from __future__ import annotations

import os
import select
import signal

import pytest

from hub_runner.loop.terminal_changes import SIGNALS, TerminalChanges


def is_readable(changes: TerminalChanges) -> bool:
    return bool(select.select([changes], [], [], 0)[0])


@pytest.mark.parametrize("number", SIGNALS)
def test_each_change_is_told_until_somebody_has_heard_of_it(number: int) -> None:
    with TerminalChanges() as changes:
        assert not is_readable(changes)
        for _ in range(2):
            os.kill(os.getpid(), number)
            assert is_readable(changes)
        changes.clear()
        assert not is_readable(changes)


def test_whoever_listened_before_listens_again_afterwards() -> None:
    before = [signal.getsignal(number) for number in SIGNALS]
    with TerminalChanges():
        assert [signal.getsignal(number) for number in SIGNALS] != before
    assert [signal.getsignal(number) for number in SIGNALS] == before
