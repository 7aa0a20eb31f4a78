"""A run of a module whose files alone show that Odoo cannot install it."""

from __future__ import annotations

import json

import pytest

from hub_runner.engine.client import Engine
from tests.integration.conftest import Make, run
from tests.standins.checkout import PASS

pytestmark = pytest.mark.integration


def test_a_certain_failure_is_said_within_a_second_with_every_mistake_and_nothing_is_started(
    make: Make, engine: Engine
) -> None:
    """U5: it was known after 10 to 108 s, and only the first mistake was said."""
    checkout = make(modules={"probe": PASS})
    module = checkout.root / "addons" / "probe"
    (module / "__init__.py").write_text("from . import models, wizard\n", encoding="utf-8")
    (module / "models.py").write_text("def f(:\n", encoding="utf-8")
    seconds = list[float]()
    while min(seconds, default=9) >= 1:  # a busy machine may be slow now and then
        done = run(checkout, "probe")
        assert done.code == 7, done.said
        result = json.loads((checkout.root / "result.json").read_text(encoding="utf-8"))
        seconds.append(sum(result["phases"].values()))
        assert len(seconds) < 20, seconds
    assert [(it["kind"], it["file"], it["line"]) for it in result["problems"]] == [
        ("cannot_install", "addons/probe/__init__.py", 1),
        ("cannot_install", "addons/probe/models.py", 1),
    ]
    assert set(result["phases"]) == {"checks", "teardown"}
    assert "nothing was started" in result["cleanup"]
    assert "addons/probe/models.py" in done.said
    assert (checkout.root / "junit.xml").read_text(encoding="utf-8").count("<error") == 2


def test_a_mistake_that_stops_nothing_is_a_note_of_the_run(make: Make, engine: Engine) -> None:
    """U6: a view that no manifest list names passed without a word."""
    checkout = make(modules={"probe": PASS})
    (checkout.root / "addons" / "probe" / "views").mkdir()
    (checkout.root / "addons" / "probe" / "views" / "rock.xml").write_text("<odoo/>", encoding="utf-8")
    done = run(checkout, "probe")
    assert done.passed, done.said
    notes = json.loads((checkout.root / "result.json").read_text(encoding="utf-8"))["notes"]
    assert any("addons/probe/views/rock.xml:1: no list of __manifest__.py names" in note for note in notes), notes
