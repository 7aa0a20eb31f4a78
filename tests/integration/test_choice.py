"""What a command chooses comes into Odoo's container, and stands in the verdict."""

from __future__ import annotations

import json

import pytest

from tests.integration.conftest import Make, run
from tests.standins.checkout import FAIL

pytestmark = pytest.mark.integration
# Plays the choice: with known failures, only those are run. It says what it was given.
OBEDIENT = (
    'choice="${record%/*}/choice.json"\necho "chosen: $(cat "$choice")"\n'
    'case $(cat "$choice") in *\'"failed": [[\'*) begin test_two; passed test_two; finish 0 ;; esac\n'
) + FAIL


def test_what_failed_last_is_chosen_until_it_passes_and_a_part_never_looks_like_the_module(make: Make) -> None:
    checkout = make(modules={"probe": OBEDIENT})
    assert run(checkout, "probe").code == 1
    again = run(checkout, "probe", "--lf", "--repeat", "3", "-x", "-k", "two or one")
    assert again.code == 0, again.said
    (told,) = [line.partition("chosen: ")[2] for line in again.log.splitlines() if "chosen: " in line]
    assert json.loads(told) == {
        "places": [],
        "failed": [["tests/test_standin.py", "TestStandin", "test_two"]],
        "first": [],
        "keywords": "two or one",
        "max_fail": 1,
        "rounds": 3,
        "until_fail": False,
    }
    assert "PASSED a part of probe (-k 'two or one', --lf: 1 test that failed last): 1 test in " in again.said
    whole = run(checkout, "probe", "--lf")
    assert whole.code == 1
    assert "--lf: no failure of an earlier run is known, so no test was left out because of it" in whole.said
