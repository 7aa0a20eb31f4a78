"""`demo = "both"`: one command tests a module in a database with demo data and in one without, and comes to one verdict."""

from __future__ import annotations

import json
import signal
import subprocess
import xml.etree.ElementTree as ET
from typing import Any

import pytest

from hub_runner.engine.client import Engine
from tests.integration.conftest import Make, command, run
from tests.integration.scene import running
from tests.standins.checkout import Checkout

pytestmark = pytest.mark.integration
NEEDS_DEMO = """begin test_one test_two
passed test_one
if [ $demo = on ]; then passed test_two; finish 0; else failed test_two; finish 1; fi
"""
BREAKS_IN_THE_SECOND = "begin test_one\n[ $demo = on ] || exit 9\nfailed test_one\nfinish 1\n"
HANGS_IN_THE_SECOND = "begin test_one\n[ $demo = on ] || { say 1 0 hanging; hang; }\npassed test_one\nfinish 0\n"


def result(checkout: Checkout) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((checkout.root / "result.json").read_text(encoding="utf-8"))
    return found


def test_each_half_is_named_where_its_tests_failed(make: Make) -> None:
    checkout = make(modules={"probe": NEEDS_DEMO}, demo="both")
    done = run(checkout, "probe")
    assert done.code == 1
    assert "FAILED TestStandin.test_two (without demo data)" in done.said
    assert "FAILED probe: 1 of 4 tests failed, 1 without demo data, in" in done.said
    assert "demo data    both" in done.log
    assert "failure      TestStandin.test_two (without demo data)" in done.log
    assert [(it["method"], it["demo"], it["status"]) for it in result(checkout)["tests"]] == [
        ("test_one", "on", "passed"),
        ("test_two", "on", "passed"),
        ("test_one", "off", "passed"),
        ("test_two", "off", "failed"),
    ]
    assert " --demo=off " in result(checkout)["reproduce"]
    cases = {it.get("name"): it.find("failure") is not None for it in ET.parse(checkout.root / "junit.xml").iter("testcase")}
    assert cases["test_two [without demo data]"] is True
    assert cases["test_two [with demo data]"] is False
    checked = subprocess.run(
        command("verify"), cwd=checkout.root, env=checkout.environ, capture_output=True, text=True, check=False
    )
    assert "not_passed:" in checked.stdout
    assert "contradiction:" not in checked.stdout, checked.stdout


def test_two_green_halves_are_one_green_run(make: Make) -> None:
    done = run(make(modules={"probe": NEEDS_DEMO.replace("$demo = on", "1 = 1")}), "probe", "--demo", "both")
    assert done.code == 0
    assert "PASSED probe: 4 tests, 2 with demo data and 2 without demo data, in" in done.said


def test_a_second_half_that_cannot_start_leaves_what_the_first_one_proved(make: Make) -> None:
    checkout = make(modules={"probe": BREAKS_IN_THE_SECOND}, demo="both")
    done = run(checkout, "probe")
    assert [(it["demo"], it["status"]) for it in result(checkout)["tests"]] == [("on", "failed")]
    assert any(problem["message"].startswith("Without demo data: ") for problem in result(checkout)["problems"])
    assert done.code == result(checkout)["problems"][0]["return_code"] != 0


def test_a_stop_in_the_second_half_leaves_nothing(make: Make, engine: Engine) -> None:
    checkout = make(modules={"probe": HANGS_IN_THE_SECOND}, demo="both")
    with running(engine, checkout) as scene:
        scene.says("hanging")
        assert "These are the tests without demo data." in (checkout.root / "output").read_text(encoding="utf-8")
        scene.victim.send(signal.SIGINT)
        assert scene.becomes_clean()
