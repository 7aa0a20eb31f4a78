"""What modules need beyond Odoo is there when their tests run: a package from the index, and a real browser."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.e2e.test_warm import run_each

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("requirements")
    results = run_each(["needs_package", "drives_browser"], "tests/e2e/modules", folder)
    return {result["run"]["module"]: result for result in results}


def test_a_package_of_python_comes_from_the_index_and_is_named(results: dict[str, Any]) -> None:
    result = results["needs_package"]
    assert (result["passed"], result["counts"]["passed"]) == (True, 1)
    assert "cachetools" in [text.partition(" ")[0] for text in result["run"]["packages"]]  # and packaging, if it is missing
    assert "cachetools" in Path(result["run"]["log"]).read_text(encoding="utf-8")


def test_tours_run_in_a_real_browser_and_a_failed_one_leaves_pictures(results: dict[str, Any]) -> None:
    result = results["drives_browser"]
    statuses = {test["name"]: test["status"] for test in result["tests"]}
    assert statuses.pop("TestFailing.test_tour") in ("failed", "error")
    assert statuses == {"TestPassing.test_tour": "passed", "TestPassing.test_javascript": "passed"}
    (cause,) = result["causes"]  # the step, and not the code that started the tour
    assert cause["exception"].startswith("JavaScript: FAILED: [2/2] Tour drives_browser_failing")
    pictures = [Path(path) for path in result["run"]["pictures"]]
    assert any(path.name.endswith("_TestFailing.png") for path in pictures)
    assert all(path.stat().st_size for path in pictures)
    assert "[[ATTACHMENT|" in Path(result["run"]["log"]).with_name("junit.xml").read_text(encoding="utf-8")
