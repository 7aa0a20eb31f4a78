"""What the installation before a shell makes of modules that Odoo has ignored."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from types import SimpleNamespace

import pytest

from hub_runner.loop.inside.installation import demanding


@pytest.fixture(autouse=True)
def odoo(monkeypatch: pytest.MonkeyPatch) -> None:
    """One whose database has ``base`` and ``rock`` installed."""

    @contextlib.contextmanager
    def cursor() -> Iterator[SimpleNamespace]:
        yield SimpleNamespace(execute=lambda query: None, fetchall=lambda: [("base",), ("rock",)])

    monkeypatch.setitem(sys.modules, "odoo.sql_db", SimpleNamespace(db_connect=lambda name: SimpleNamespace(cursor=cursor)))


def test_what_is_installed_at_the_end_is_no_failure() -> None:
    assert demanding(("rock", "base"), "db")(lambda: 0)() == 0


def test_a_module_that_odoo_has_ignored_is_a_failure_that_names_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert demanding(("rock", "stone"), "db")(lambda: None)() == 1
    assert "Odoo has ignored stone" in capsys.readouterr().err


def test_what_failed_is_not_asked_again() -> None:
    assert demanding(("stone",), "db")(lambda: 255)() == 255
