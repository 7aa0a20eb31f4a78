import base64
import hashlib
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from hub_runner.report.page.pictures import PNG
from hub_runner.report.page.run_page import page_of, run_page
from hub_runner.result import Lifecycle, Result
from tests.unit.report import samples
from tests.unit.report.page import hostile
from tests.unit.report.page.outline import ATTRIBUTES, ELEMENTS, Outline
from tests.unit.report.test_terminal_plain import KINDS


def with_log(result: Result, folder: Path, text: str) -> Result:
    log = folder / "x.log"
    log.write_bytes(text.encode("utf-8", "replace"))
    return replace(result, info=replace(result.info, log=log))


@pytest.mark.parametrize("make", [*KINDS, hostile.result])
def test_a_page_has_nothing_that_runs_or_is_fetched(make: Callable[[], Result], tmp_path: Path) -> None:
    """A hostile module cannot inject an element or an attribute, whatever it is called and whatever it says."""
    page = run_page(with_log(make(), tmp_path, hostile.ALL))
    outline = Outline(page)
    assert set(outline.elements) <= ELEMENTS
    assert set(outline.attributes) <= ATTRIBUTES
    assert all(address.startswith("#") for address in outline.addresses)
    assert outline.crooked == []
    assert len(outline.ids) == len(set(outline.ids))
    assert {address[1:] for address in outline.addresses} <= set(outline.ids)


def test_what_a_hostile_module_says_is_shown_as_text(tmp_path: Path) -> None:
    outline = Outline(run_page(with_log(hostile.result(), tmp_path, hostile.ALL)))
    assert outline.text.count("<script>window.pwned = 1</script>") > 10
    assert "{{ ''.__class__ }}{% include" in outline.text
    assert not set("\x00\x1b\u202e\ud800") & set(outline.text)


def test_the_policy_allows_our_style_alone(tmp_path: Path) -> None:
    page = run_page(samples.green()).decode()
    style = re.search(r"<style>(.*?)</style>", page, re.S)
    assert style
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    policy = f"default-src &#39;none&#39;; style-src &#39;sha256-{digest}&#39;; img-src data:;"
    assert f'<meta http-equiv="Content-Security-Policy" content="{policy}' in page
    assert 'style="' not in page, "the policy would not let it work"


def test_the_verdict_comes_first_then_the_failures(tmp_path: Path) -> None:
    text = Outline(run_page(with_log(samples.red(), tmp_path, "the last line\n"))).text
    order = (
        "FAILED traction: 2 of 41 tests failed",
        "AssertionError: res.users(2,) != res.users(7,)",
        ">    44 | self.assertEqual(rock.owner_id, self.boss)",
        "nox -s test -- traction --test-tags",
        "teardown",
        "Tests, the slowest first",
        "postgres:17 sha256:1",
        "the last line",
    )
    places = [text.index(words) for words in order]
    assert places == sorted(places)


def test_tests_stand_by_their_duration(tmp_path: Path) -> None:
    slow = samples.outcome("test_slow", duration=9.0, queries=77)
    page = page_of(samples.result(samples.outcome(), slow, samples.outcome("test_third", duration=1.0)))
    assert [test.method for test in page.tests] == ["test_slow", "test_third", "test_escalate"]
    assert "Queries" in Outline(run_page(samples.result(slow))).text
    assert "Queries" not in Outline(run_page(samples.green())).text


def test_secrets_are_hidden_wherever_they_stand(tmp_path: Path) -> None:
    secret = "https://me:hunter2@example.org PASSWORD=hunter2"
    failed = samples.failed(traceback=f"Traceback\n  x\n{secret}", logged=(secret,))
    result = samples.result(failed, problems=(samples.problem("usage", message=secret),))
    result = replace(result, info=replace(result.info, command=(secret,)), verdict=replace(result.verdict, notes=(secret,)))
    assert b"hunter2" not in run_page(with_log(result, tmp_path, f"{secret}\n"))


def test_a_page_of_thousands_of_tests_stays_small(tmp_path: Path) -> None:
    many = [samples.outcome(f"test_{number:05}_" + "long_" * 10) for number in range(5000)]
    failed = [samples.failed(f"test_{number}", traceback=f"Error {number} " + "x" * 50_000) for number in range(300)]
    page = run_page(with_log(samples.result(*many, *failed, problems=(samples.problem(),)), tmp_path, "y" * 300_000))
    assert len(page) < 500_000
    assert "4700 tests more stand in" in Outline(page).text


def test_only_the_end_of_the_log_is_shown(tmp_path: Path) -> None:
    page = page_of(with_log(samples.green(), tmp_path, "".join(f"line {number}\n" for number in range(10_000))))
    assert len(page.log) == 150
    assert page.log[-1] == "line 9999"


def test_a_log_that_is_gone_is_no_reason_to_show_nothing(tmp_path: Path) -> None:
    assert page_of(samples.green(tmp_path)).log == ()


def test_pictures_are_shown_only_if_they_are_asked_for_and_are_pictures(tmp_path: Path) -> None:
    (tmp_path / "sc_1_TestRock.png").write_bytes(PNG + b"x")
    (tmp_path / "sc_2_TestRock.png").write_bytes(b"<script>")
    paths = (*(str(tmp_path / f"sc_{number}_TestRock.png") for number in (1, 2, 3)), str(tmp_path / "film.mp4"))
    result = samples.red()
    result = replace(result, info=replace(result.info, pictures=paths))
    assert Outline(run_page(result)).elements["img"] == 0
    outline = Outline(run_page(result, with_pictures=True))
    assert [address for address in outline.addresses if not address.startswith("#")] == [
        f"data:image/png;base64,{base64.b64encode(PNG + b'x').decode()}"
    ]


def test_what_became_of_an_upgrade_is_shown() -> None:
    life = Lifecycle(
        ref="v1", commit="c" * 40, version="1.0", stages={"install": "passed", "upgrade": "failed"}, vanished=("x.y",)
    )
    result = samples.green()
    result = replace(result, verdict=replace(result.verdict, lifecycle=life))
    text = Outline(run_page(result)).text
    assert "1.0 at v1" in text
    assert "upgradefailed" in text
    assert "vanishedx.y" in text


def test_the_halves_of_a_run_are_told_apart() -> None:
    result = samples.result(samples.failed(demo="on"), samples.failed(demo="off"), problems=(samples.problem(),))
    text = Outline(run_page(result)).text
    assert text.count("TestRock.test_escalate (with demo data)") >= 2
    assert text.count("TestRock.test_escalate (without demo data)") >= 2
