"""`internet = false`: the run's network has no way out, and Odoo is published all the same."""

from __future__ import annotations

import urllib.request

import pytest

from hub_runner.engine.client import Engine
from tests.integration.conftest import Make, run
from tests.integration.scene import HANGING, PATIENCE, running

pytestmark = pytest.mark.integration
# A route to everywhere has the destination 0.0.0.0 in the kernel's table.
SCRIPT = """begin test_one
while read -r interface destination rest; do [ "$destination" != 00000000 ] || out=yes; done </proc/net/route
WHEN passed test_one
finish 0
"""


@pytest.mark.parametrize(("internet", "when"), [(True, '[ "$out" = yes ] &&'), (False, '[ -z "$out" ] &&')])
def test_the_containers_have_a_way_out_only_if_it_is_wanted(make: Make, internet: bool, when: str) -> None:
    done = run(make(modules={"probe": SCRIPT.replace("WHEN", when)}, internet=internet), "probe")
    assert "test test_one: passed" in done.log, done.said
    assert ("no way out of its own network" in done.said) is not internet


def test_odoo_is_published_all_the_same_and_all_of_it_is_removed(make: Make, engine: Engine) -> None:
    checkout = make(modules=HANGING, internet=False)
    with running(engine, checkout) as scene:
        (port,) = {port for port, holder in engine.published_ports().items() if scene.project in holder}
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/web/health", timeout=PATIENCE) as answer:
            assert answer.read() == b'{"status": "pass"}'
        networks = {it["Name"]: it["Internal"] for it in engine.api.networks() if it["Name"].startswith(scene.project)}
        assert networks == {f"{scene.project}_default": True, f"{scene.project}_hub-runner-front": False}
        odoo = engine.service(scene.project, "odoo")
        assert odoo
        assert list(odoo["NetworkSettings"]["Networks"]) == [f"{scene.project}_default"]
        scene.victim.send(2)
        assert scene.becomes_clean()


def test_an_external_network_is_refused_with_it(make: Make) -> None:
    from tests.integration.test_compose_keys import changed

    compose = changed("    networks: [default, out]", top="networks: {out: {external: true}}")
    done = run(make(compose=compose, internet=False), "probe", DOCKER_HOST="unix:///nonexistent")
    assert done.code == 2
    assert "the network `out` is external" in done.said
