from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType

import pytest

from hub_runner.odoo.inside.load_order import MARKER
from hub_runner.odoo.inside.recorder import place


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An addons path of two folders, of which the first brings nothing but `mail`."""
    package = ModuleType("odoo.addons")
    package.__path__ = [str(tmp_path / "core"), str(tmp_path / "extra")]
    monkeypatch.setitem(sys.modules, "odoo", ModuleType("odoo"))
    monkeypatch.setitem(sys.modules, "odoo.addons", package)
    for name in ("core/mail", "extra/mail", "extra/traction"):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "__init__.py").write_text("raise ImportError", encoding="utf-8")
    (tmp_path / "extra" / MARKER).touch()
    return tmp_path


def test_a_copied_module_is_known_by_what_lies_beside_it(folder: Path) -> None:
    assert place("traction") == {"folder": str(folder / "extra" / "traction"), "copied": True}


def test_odoos_own_module_of_the_same_name_is_none(folder: Path) -> None:
    assert place("mail") == {"folder": str(folder / "core" / "mail"), "copied": False}


def test_a_module_that_is_nowhere_is_none(folder: Path) -> None:
    assert place("rocks") == {"folder": "", "copied": False}
