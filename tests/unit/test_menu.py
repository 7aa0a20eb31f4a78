from __future__ import annotations

import sys
from pathlib import Path

import pytest

from hub_runner import menu
from tests.conftest import write_module


def test_the_menu_shows_each_module_with_its_summary(addons: Path) -> None:
    write_module(addons, "traction")
    assert dict(menu.listed(addons.parent)) == {"traction": "A module"}


def test_wrong_settings_are_said_and_do_not_break_the_menu(addons: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_module(addons, "traction")
    (addons.parent / "pyproject.toml").write_text("[tool.hub-runner]\ncolour = 1\n", encoding="utf-8")
    assert list(menu.listed(addons.parent)) == []
    assert "Unknown setting 'colour'" in capsys.readouterr().err


def test_installed_beside_nox_it_needs_no_environment_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(menu, "OURS", tmp_path)
    assert menu.python(session=None) == sys.executable
