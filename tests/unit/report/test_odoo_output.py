import itertools
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub_runner.report import odoo_output
from hub_runner.report.odoo_output import OutputReader


def record(level: str, message: str, logger: str = "odoo.addons.traction.tests.test_rock") -> bytes:
    return f"2026-01-02 03:04:05,123 12 {level} db {logger}: {message} \n".encode()


def starting(name: str) -> bytes:
    return record("INFO", f"Starting {name} ...")


STREAM = starting("TestRock.test_a") + record("ERROR", "boom") + b"\xff\x00 garbage\n\n" + starting("TestRock.test_b")


@given(st.lists(st.integers(0, len(STREAM)), max_size=8))
def test_it_sees_the_same_however_the_stream_is_cut(cuts: list[int]) -> None:
    seen, places = OutputReader(), sorted({0, len(STREAM), *cuts})
    found = [it for a, b in itertools.pairwise(places) for it in seen.feed(STREAM[a:b], b"ERROR")]
    assert (seen.test, seen.started) == ("TestRock.test_b", 2)
    assert found == [("ERROR", "odoo.addons.traction.tests.test_rock: boom")]


def test_a_line_that_only_speaks_of_starting_or_errors_is_not_taken_for_one() -> None:
    seen = OutputReader()
    lines = b"print: Starting Foo.test_x ...\n" + b"an ERROR in the middle of WARNING text\n"
    assert seen.feed(lines, b"ERROR", b"WARNING") == []
    assert seen.test == ""


def test_only_the_levels_that_were_asked_for_are_told() -> None:
    assert OutputReader().feed(record("WARNING", "careful"), b"ERROR") == []


def test_what_is_shown_is_short_and_harmless() -> None:
    [(_, text)] = OutputReader().feed(record("WARNING", "\x1b[31m" + "x" * 5000), b"WARNING")
    assert len(text) == odoo_output.WIDTH
    assert "\x1b" not in text


def test_a_line_of_megabytes_leaves_no_trace_in_memory_and_the_next_line_is_seen() -> None:
    seen = OutputReader()
    for _ in range(200):
        seen.feed(b"x" * 65536)
        assert len(seen._carry) <= odoo_output.KEEP
    seen.feed(b"\n" + starting("TestRock.test_a"))
    assert seen.test == "TestRock.test_a"


def test_beyond_what_a_sane_run_prints_the_running_test_is_still_followed() -> None:
    seen, bulk = OutputReader(), b"x" * 99 + b"\n"
    for _ in range(odoo_output.THOROUGH // 65536 + 1):
        seen.feed((bulk * 656)[:65536])
    seen.feed(bulk * 600 + starting("TestRock.test_late"))
    assert seen.test == "TestRock.test_late"
    assert not seen.is_thorough


def test_a_chunk_full_of_false_hits_costs_no_more_than_its_search() -> None:
    seen, begin = OutputReader(), time.process_time()
    for _ in range(100):
        seen.feed(b" ERROR : Starting " * 3600 + b"\n", b"ERROR")
    assert time.process_time() - begin < 1


def test_it_knows_which_module_of_how_many_is_installed() -> None:
    watch = OutputReader()
    watch.feed(b"2025-01-01 12:00:00,000 7 INFO db odoo.modules.loading: Loading module mail (5/27) \n")
    assert watch.module == "mail (5/27)"
    watch.feed(record("INFO", "Loading module sale (6/27)"))  # a module's own words
    assert watch.module == "mail (5/27)"
    watch.forget_test()
    assert watch.module == ""


def of_odoo(logger: str, text: str) -> bytes:
    return f"2025-01-01 12:00:00,000 7 INFO db {logger}: {text} \n".encode()


@pytest.mark.parametrize(
    "text", ["Module traction loaded in 2.1s, 99 queries (+99 other)", "28 modules loaded in 9.1s, 9 queries"]
)
def test_a_test_does_not_run_any_more_once_odoo_has_loaded_its_module(text: str) -> None:
    """Odoo makes web assets next: 60 s of that were said to be the last test's."""
    watch = OutputReader()
    watch.feed(starting("TestRock.test_a") + of_odoo("odoo.modules.loading", text))
    assert (watch.test, watch.started) == ("", 1)
    watch.feed(
        of_odoo("odoo.addons.base.models.assetsbundle", "Generating a new asset bundle attachment /web/assets/x.js (id:2)")
    )
    assert watch.module == "web assets"
    watch.feed(starting("TestRock.test_b") + record("INFO", "3 modules loaded in 1 s"))  # a module's own words
    assert (watch.test, watch.started) == ("TestRock.test_b", 2)
