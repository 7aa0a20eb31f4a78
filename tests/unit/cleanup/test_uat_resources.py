"""What is said of the lasting environment, by the containers that run."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from hub_runner.cleanup.uat_resources import CHECKOUT_LABEL, Uat, look
from hub_runner.engine.resources import SERVICE, Resource
from hub_runner.settings import Settings

VOLUME = Resource(kind="volume", id="v", name="hub-uat-env_uat-database", labels={CHECKOUT_LABEL: "/checkout"})
ODOO = {"Labels": {SERVICE: "odoo"}, "Ports": [{"PrivatePort": 8069, "PublicPort": 8090}]}
DB = {"Labels": {SERVICE: "db"}, "Ports": []}


def seen(*running: dict[str, Any]) -> Uat:
    api = SimpleNamespace(containers=lambda **_: list(running))
    engine = SimpleNamespace(api=api, of_run=lambda name: [VOLUME])
    return look(Settings(root=Path("/checkout")), cast(Any, engine))


def test_odoo_and_its_database_make_an_environment_that_runs() -> None:
    assert str(seen(ODOO, DB)) == "hub-uat-env: runs on http://127.0.0.1:8090, of the checkout /checkout"


def test_odoo_without_its_database_does_not_run_and_is_started_again() -> None:
    uat = seen(ODOO)
    assert uat.url is None
    assert "Odoo runs, and its database does not: `uat start`" in str(uat)


def test_a_database_without_odoo_is_as_good_as_stopped() -> None:
    assert "stopped, its data is kept" in str(seen(DB))
