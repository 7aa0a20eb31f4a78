"""What a chaos of batches calls wrong."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.chaos.batches import MODULES, about_files
from tests.standins import Images
from tests.standins.checkout import PASS, Checkout, checkout

GREEN = dict.fromkeys(MODULES, 0)
HALF = '{"<testsuite'


@pytest.fixture
def place(tmp_path: Path) -> Checkout:
    return checkout(tmp_path, Images(odoo="odoo", db="db"), modules=dict.fromkeys(MODULES, PASS))


def ended(place: Checkout, **codes: int) -> None:
    """Runs that ended so."""
    for module, code in codes.items():
        folder = place.root / ".hub-runner" / "runs" / module
        folder.mkdir(parents=True)
        result = {"run": {"module": module}, "return_code": code, "passed": code == 0, "summary": "..."}
        (folder / "result.json").write_text(json.dumps(result))


def batch(place: Checkout, code: int, **codes: int | None) -> None:
    modules = [{"module": name, "return_code": codes.get(name)} for name in MODULES]
    document = {"return_code": code, "passed": code == 0, "modules": modules}
    (place.root / "batch.json").write_text(json.dumps(document))


def wrong(place: Checkout, code: int, *, red: bool = False) -> list[str]:
    return list(about_files(place, code, red=red))


def test_a_batch_that_came_to_its_end_is_right(place: Checkout) -> None:
    ended(place, **GREEN)
    batch(place, 0, **GREEN)
    assert wrong(place, 0) == []


def test_a_batch_that_was_killed_before_it_wrote_anything_is_right(place: Checkout) -> None:
    ended(place, alpha=0, beta=137)
    assert wrong(place, -9) == []


def test_a_batch_without_its_file_must_have_been_killed(place: Checkout) -> None:
    ended(place, **GREEN)
    assert wrong(place, 143) == ["exit code 143, and no batch.json"]


def test_green_by_mistake_is_found_in_the_exit_code_in_the_batch_and_in_a_module(place: Checkout) -> None:
    ended(place, alpha=0, beta=137, gamma=0)
    batch(place, 0, **GREEN)
    texts = wrong(place, 0, red=True)
    assert [text.partition(" ")[0] for text in texts] == ["gamma", "exit", "batch.json", "batch.json"]
    assert "gamma ended with 0" in texts[0]
    assert "batch.json calls beta green, whose run ended with 137" in texts


def test_a_green_module_that_is_called_red_is_a_wrong_verdict(place: Checkout) -> None:
    ended(place, alpha=1)
    assert "alpha ended with 1" in wrong(place, -9)[0]


def test_a_batch_that_does_not_name_all_modules_is_none(place: Checkout) -> None:
    (place.root / "batch.json").write_text(json.dumps({"return_code": 4, "passed": False, "modules": []}))
    assert "is not whole" in wrong(place, 4)[0]


@pytest.mark.parametrize(
    "name", ["batch.xml", "batch.json", ".hub-runner/runs/alpha/junit.xml", ".hub-runner/runs/alpha/result.json"]
)
def test_half_a_document_is_named(place: Checkout, name: str) -> None:
    ended(place, alpha=0)
    (place.root / name).write_text(HALF)
    assert wrong(place, -9)[0].startswith(f"{name}: ")
