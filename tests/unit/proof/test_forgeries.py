"""A forger who does not hold a key: each forgery is found at the level that promises it, and named."""

from __future__ import annotations

import re

import pytest

from tests.unit.proof.forgeries import Forgery, forgeries
from tests.unit.proof.honest import Run

ALL = list(forgeries())


def test_an_honest_run_is_proven(run: Run) -> None:
    code, said = run.verify()
    assert code == 0, said
    assert "PROVEN at level 0" in said
    assert "NOT PROVEN" not in said


@pytest.mark.parametrize("forgery", ALL, ids=[forgery.name for forgery in ALL])
def test_a_forgery_is_found_and_named(forgery: Forgery, run: Run) -> None:
    forgery.act(run)
    code, said = run.verify()
    assert code == 1, said
    assert "NOT PROVEN at level 0" in said
    assert re.search(rf"(?m)^  {forgery.reason}: ", said), said
    assert re.search(forgery.place, said), said


def test_there_are_a_hundred_forgeries() -> None:
    assert len({forgery.name for forgery in ALL}) == len(ALL) >= 100
