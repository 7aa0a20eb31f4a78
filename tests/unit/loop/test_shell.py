"""What a shell says of an installation that does not come to its end."""

from __future__ import annotations

import contextlib
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from hub_runner.checkout.modules import Module
from hub_runner.engine import compose
from hub_runner.errors import HubRunnerError
from hub_runner.loop import shell, uat_modules
from hub_runner.loop.uat_environment import Lasting
from hub_runner.plan import Plan
from hub_runner.settings import Settings
from tests.plans import plan_of


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    return plan_of(Module(name="rock", folder=tmp_path, manifest={}), Settings(root=tmp_path, test_timeout=60))


@pytest.fixture
def environment() -> Any:
    return SimpleNamespace(
        copy_in=lambda archive: None,
        observers=SimpleNamespace(note=lambda text: None),
        started=lambda line: contextlib.nullcontext(None),
    )


def ends_with(code: int | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compose, "follow", lambda client, timeout, *listeners: code)


def failure(plan: Plan, environment: Any) -> HubRunnerError:
    with pytest.raises(HubRunnerError) as raised:
        shell._opened(plan, cast(Any, SimpleNamespace(environment=environment)), None)
    return raised.value


@pytest.mark.parametrize(("code", "exit_code"), [(1, 7), (None, 8)])
def test_a_shell_tells_a_failed_installation_from_one_that_took_too_long(
    code: int | None, exit_code: int, plan: Plan, environment: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    ends_with(code, monkeypatch)
    error = failure(plan, environment)
    assert error.return_code == exit_code
    assert "None" not in str(error)


@pytest.mark.parametrize(("code", "exit_code"), [(1, 7), (None, 8)])
def test_a_start_of_uat_does_so_too(
    code: int | None, exit_code: int, plan: Plan, environment: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    ends_with(code, monkeypatch)
    monkeypatch.setattr(uat_modules, "_state", lambda environment: None)
    with pytest.raises(HubRunnerError) as raised:
        uat_modules.install_or_update(
            cast(Lasting, environment),
            plan.settings,
            ["rock"],
            {"rock": "1"},
            image="odoo:18.0",
            everything=True,
            update=False,
        )
    assert raised.value.return_code == exit_code
