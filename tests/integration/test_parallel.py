"""Runs beside each other on one checkout (incident I12): nothing is shared, mixed or taken from another."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from hub_runner.engine.client import Engine
from tests.integration.conftest import Make, keeping_models, start
from tests.integration.scene import PATIENCE, let_go, wait_for_odoos
from tests.standins.checkout import GO

pytestmark = pytest.mark.integration
NAMES = ("alpha", "beta", "gamma", "delta")


def script(name: str) -> str:
    """Says its name for a while, and passes where its environment is its own."""
    alone = '[ ! -e /var/lib/odoo/mine ] && [ "$(ls /mnt/extra-addons)" = ' + name + " ] && touch /var/lib/odoo/mine"
    return f"begin test_one\n{alone} || exit 9\nsay 300 2000 'words of {name}'\npassed test_one\nfinish 0\n"


def test_four_runs_at_once_pass_each_in_a_world_of_its_own(make: Make, engine: Engine, tmp_path: Path) -> None:
    waits = f"until [ -f {GO} ]; do usleep 50000; done\npassed"
    checkout = make(modules={name: script(name).replace("passed", waits) for name in NAMES})
    kept = {"PATH": keeping_models(tmp_path / "docker")}
    runs = {name: start(checkout, name, environ=kept) for name in NAMES}
    let_go(engine, wait_for_odoos(engine, checkout, len(NAMES)))
    for name, process in runs.items():
        said = process.communicate(timeout=PATIENCE)[0]
        assert process.returncode == 0, said
        assert f"PASSED {name}" in said
    folders = {path.name.split("-agent-test-")[1].split("-")[0]: path for path in checkout.root.glob(".hub-runner/runs/*")}
    assert set(folders) == set(NAMES)
    ports, networks = set(), set()
    for name, folder in folders.items():
        log = (folder / "proof_of_execution_tests.log").read_text(encoding="utf-8")
        assert log.count(f"words of {name}") == 300
        assert not [other for other in NAMES if other != name and f"words of {other}" in log]
        assert re.search(r"exit code +0\b", log)
        model = json.loads((tmp_path / "docker" / f"{folder.name}.json").read_text(encoding="utf-8"))
        ports.add(model["services"]["odoo"]["ports"][0]["published"])
        networks.add(model["networks"]["default"]["name"])
    assert len(ports) == len(networks) == 4


def test_the_plain_name_means_one_whole_run_and_not_a_mixture(make: Make) -> None:
    """I9: the latest run's, from its first line to its last."""
    checkout = make(modules={name: script(name) for name in NAMES[:2]})
    for process in [start(checkout, name) for name in NAMES[:2]]:
        process.communicate(timeout=PATIENCE)
    log = checkout.log.read_text(encoding="utf-8")
    whole = [
        path.read_text(encoding="utf-8") for path in checkout.root.glob(".hub-runner/runs/*/proof_of_execution_tests.log")
    ]
    assert log in whole
    result = json.loads((checkout.root / "result.json").read_text(encoding="utf-8"))
    assert result["summary"].split()[1].rstrip(":") in log
