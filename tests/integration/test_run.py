"""A run as a user meets it: exit codes, log, results, several modules, and the sister repository (W13)."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest

from hub_runner.engine.client import Engine
from tests.integration.conftest import Make, command, keeping_models, run
from tests.standins.checkout import FAIL, HANG, NO_TESTS, PASS, Checkout, fast_compose
from tests.unit.report.page.outline import Outline

pytestmark = pytest.mark.integration


@pytest.mark.parametrize("project", ["hub", "evv"])
def test_hub_and_evv_differ_in_nothing_but_the_prefix(make: Make, project: str) -> None:
    """W2, W13. Their prefixes, with something behind, so that no earnest run is ever swept by a test."""
    done = run(make(project=f"{project}-t"), "probe")
    assert done.passed, done.said
    assert re.search(rf"\b{project}-t-agent-test-probe-\d{{10}}-[0-9a-f]{{4}}\b", done.log)
    assert "verified: nothing of" in done.log


@pytest.mark.parametrize(
    ("script", "code", "words"),
    [
        (PASS, 0, "PASSED probe: 2 tests"),
        (FAIL, 1, "FAILED TestStandin.test_two addons/probe/tests/test_standin.py:5"),
        (NO_TESTS, 3, "No test of probe ran"),
        (HANG, 8, "The time limit of 2 s passed"),
    ],
)
def test_each_end_has_its_code_and_leaves_nothing(make: Make, engine: Engine, script: str, code: int, words: str) -> None:
    """W7, W8. The log says it too."""
    checkout = make(modules={"probe": script}, **({"test_timeout": 2.0} if script == HANG else {}))
    done = run(checkout, "probe")
    assert done.code == code, done.said
    assert words in done.said
    assert re.search(rf"exit code +{code}\b", done.log), done.log
    assert "verified: nothing of" in done.log
    assert result(checkout)["return_code"] == code


def result(checkout: Checkout) -> dict[str, object]:
    found: dict[str, object] = json.loads((checkout.root / "result.json").read_text(encoding="utf-8"))
    return found


def test_the_page_of_several_modules_leads_to_those_of_their_runs(make: Make) -> None:
    checkout = make(modules={"good": PASS, "bad": FAIL})
    run(checkout, "bad", "good")
    page = Outline((checkout.root / "report.html").read_bytes())
    links = [address for address in page.addresses if address.startswith("./")]
    assert len(links) == 2
    assert [link for link in links if not (checkout.root / link).is_file()] == []
    assert page.text.index("AssertionError: 1 != 2") < page.text.index("PASSED")
    environ = {**checkout.environ, "BROWSER": "echo %s"}
    done = subprocess.run(
        command("show", "--open"), cwd=checkout.root, env=environ, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (1, "")
    assert (checkout.root / "report.html").as_uri() in done.stdout, "what the browser was given"


def test_several_modules_run_one_after_the_other_and_the_worst_code_is_that_of_all(make: Make) -> None:
    checkout = make(modules={"good": PASS, "empty": NO_TESTS, "bad": FAIL})
    done = run(checkout, "bad", "good", "empty", "good")
    assert done.code == 3
    order = ("FAILED bad", "PASSED good", "FAILED empty")
    assert [done.said.index(words) for words in order] == sorted(done.said.index(words) for words in order)
    assert done.said.count("PASSED good") == 1, "a module that is named twice is tested once"
    logs = list((checkout.root / ".hub-runner" / "runs").glob("*/proof_of_execution_tests.log"))
    assert len(logs) == 3


def test_one_wrong_module_of_several_stops_all_before_the_first(make: Make) -> None:
    checkout = make()
    done = run(checkout, "probe", "prob")
    assert done.code == 2
    assert "Did you mean probe?" in done.said
    assert not (checkout.root / ".hub-runner").exists()


def test_a_dependency_that_nobody_has_and_a_broken_manifest_stop_it_too(make: Make) -> None:
    checkout = make(modules={"probe": PASS, "broken": PASS})
    (checkout.root / "addons" / "broken" / "__manifest__.py").write_text(
        "{\n'name': 'x',\n'depends': [}\n", encoding="utf-8"
    )
    done = run(checkout, "broken")
    assert done.code == 2
    assert re.search(r"broken/__manifest__\.py, line 3: the manifest has a syntax error", done.said)


def test_json_stands_alone_on_stdout(make: Make) -> None:
    checkout = make(modules={"probe": FAIL})
    done = subprocess.run(
        command("run", "probe", "--json"),
        cwd=checkout.root,
        env=checkout.environ,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 1
    assert json.loads(done.stdout)["return_code"] == 1


def test_the_password_of_a_run_is_in_no_file_that_stays(make: Make, tmp_path: Path) -> None:
    """B9: neither are the other secrets of the compose file, which compose fills in."""
    checkout = make(compose=fast_compose().replace("      HOST: db\n", "      HOST: db\n      TOKEN: ${SECRET_TOKEN}\n"))
    done = run(checkout, "probe", PATH=keeping_models(tmp_path / "docker"), SECRET_TOKEN="a-secret-token")
    assert done.passed, done.said
    (path,) = (tmp_path / "docker").glob("*.json")
    environment = json.loads(path.read_text(encoding="utf-8"))["services"]["odoo"]["environment"]
    assert len(environment["PASSWORD"]) > 20
    assert environment["TOKEN"] == "a-secret-token"
    files = [it for it in checkout.root.rglob("*") if it.is_file()]
    texts = [done.said, *(it.read_text(encoding="utf-8", errors="replace") for it in files)]
    assert not [text for text in texts if environment["PASSWORD"] in text or "a-secret-token" in text]


def test_a_second_run_replaces_the_log_at_once(make: Make) -> None:
    """I9."""
    checkout = make(modules={"probe": PASS, "other": FAIL})
    assert run(checkout, "probe").passed
    assert "proof of execution: other" in run(checkout, "other").log
    assert result(checkout)["return_code"] == 1


def test_a_green_run_is_under_forty_lines_without_control_characters(make: Make) -> None:
    done = run(make(), "probe", CI="true")
    assert len(done.said.splitlines()) < 40
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f]", done.said)
