from __future__ import annotations

from pathlib import Path

import pytest

from hub_runner.checkout.git import ask
from hub_runner.host.signals import Stop
from tests.unit import broken_off


def test_a_question_ends_with_a_signal_that_breaks_its_wait_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken_off.instead(monkeypatch)
    with pytest.raises(Stop):
        ask(tmp_path, "version")
