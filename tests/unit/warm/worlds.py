"""A plan and an environment for the tests of the warm start: everything but the engine is as it is in earnest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from hub_runner.checkout import snapshot, testfiles
from hub_runner.checkout.closure import closure
from hub_runner.checkout.modules import catalogue
from hub_runner.engine.client import Engine
from hub_runner.engine.environment import Environment
from hub_runner.engine.model import PLACEHOLDER, Model
from hub_runner.observers import Observers
from hub_runner.plan import Plan
from hub_runner.settings import load
from hub_runner.warm.fitness import ImageConfig
from tests.conftest import write_module
from tests.plans import plan_of

PGDATA = "/var/lib/hub-runner/pgdata"
# As `docker compose config` and `model.own` make it of this repository's compose file.
MODEL: Model = {
    "name": "hub-agent-test-probe-1-abcd",
    "services": {
        "db": {
            "image": "postgres:17",
            "environment": {"POSTGRES_USER": "odoo", "POSTGRES_PASSWORD": PLACEHOLDER, "PGDATA": PGDATA},
            "healthcheck": {"test": ["CMD", "pg_isready"], "interval": "1s", "retries": 60},
            "volumes": [{"type": "volume", "source": "db-volume", "target": "/var/lib/postgresql/data"}],
        },
        "odoo": {
            "image": "odoo:18.0",
            "environment": {"HOST": "db", "USER": "odoo", "PASSWORD": PLACEHOLDER},
            "healthcheck": {"test": ["CMD", "curl"], "interval": "1s", "retries": 120},
            "volumes": [{"type": "volume", "source": "odoo-data", "target": "/var/lib/odoo"}],
        },
    },
    "volumes": {"db-volume": {}, "odoo-data": {}},
}
IMAGE: ImageConfig = {"Env": ["PATH=/bin", "PGDATA=/var/lib/postgresql/data"], "Volumes": {"/var/lib/postgresql/data": {}}}


@dataclass(frozen=True)
class Digests:
    """The one thing that a recipe asks of the engine."""

    known: Mapping[str, str]

    def digest(self, image: str) -> str:
        return self.known.get(image, f"sha256:{image}")


@dataclass(frozen=True)
class World:
    plan: Plan
    environment: Environment


def world(
    root: Path,
    *,
    depends: str = "'mail'",
    tests: str = "",
    password: str = "a-password-of-one-run",
    model: Model = MODEL,
    digests: Mapping[str, str] | None = None,
    **flags: Any,
) -> World:
    folder = write_module(root / "addons", "probe", f"{{'name': 'Probe', 'depends': [{depends}]}}")
    (folder / "tests").mkdir()
    (folder / "tests" / "test_probe.py").write_text(tests)
    settings = load(root, environ={}, flags=flags)
    modules = catalogue(settings.addons_folders)
    module = modules.find("probe")
    test_files = testfiles.scan(snapshot.files(module))
    environ = {"HUB_RUNNER_DB_PASSWORD": password}
    plan = plan_of(
        module,
        settings,
        closure=closure([module], modules, settings.odoo_image),
        model=model,
        environ=environ,
        test_files=test_files,
        asks_for_pages=testfiles.ask_for_pages(test_files),
    )
    environment = Environment(
        run_id=model["name"],
        engine=cast(Engine, Digests(digests or {})),
        model=model,
        password=password,
        environ=plan.environ,
        observers=Observers([]),
    )
    return World(plan, environment)
