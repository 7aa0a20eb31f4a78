from __future__ import annotations

from pathlib import Path

import pytest

from hub_runner import menu
from tests.conftest import write_module


def test_the_menu_shows_each_module_with_its_summary(addons: Path) -> None:
    write_module(addons, "traction")
    assert dict(menu.listed(addons.parent)) == {"traction": "A module"}


@pytest.mark.parametrize("name", ["my module", "x;echo pwned", "$(id)", "-k", "a.b"])
def test_a_folder_with_a_name_that_no_run_takes_is_not_offered(addons: Path, name: str) -> None:
    write_module(addons, "traction")
    write_module(addons, name)
    assert [listed for listed, _ in menu.listed(addons.parent)] == ["traction"]


def test_wrong_settings_are_said_and_do_not_break_the_menu(addons: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_module(addons, "traction")
    (addons.parent / "pyproject.toml").write_text("[tool.hub-runner]\ncolour = 1\n", encoding="utf-8")
    assert list(menu.listed(addons.parent)) == []
    assert "Unknown setting 'colour'" in capsys.readouterr().err
