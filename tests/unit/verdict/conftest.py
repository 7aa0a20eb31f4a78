from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.verdict.story import Story


@pytest.fixture
def story(tmp_path: Path) -> Story:
    """A module with one good test on disk; tell what Odoo did with it."""
    story = Story(tmp_path)
    story.write("tests/__init__.py", "from . import test_rock\n")
    story.write("tests/test_rock.py", "class TestRock(TransactionCase):\n    def test_one(self):\n        pass\n")
    return story
