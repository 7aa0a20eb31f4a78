"""What would meet another run, or lie, is refused by the name of its key before the engine is touched."""

from __future__ import annotations

from typing import Any, cast

import pytest

from hub_runner.engine.compose_refusals import refusals, switched_off
from hub_runner.engine.model import Model


def model(odoo: dict[str, Any] | None = None, more: dict[str, Any] | None = None, **top: Any) -> Model:
    return cast(Model, {"name": "x", "services": {"odoo": odoo or {}, "more": more or {}}, **top})


@pytest.mark.parametrize(
    "service",
    [
        {"network_mode": "host"},
        {"network_mode": "bridge"},
        {"network_mode": "default"},
        {"network_mode": "some_network"},
        {"network_mode": "container:other"},
        {"pid": "host"},
        {"pid": "container:other"},
        {"ipc": "host"},
        {"external_links": ["other:db"]},
        {"volumes_from": ["container:other"]},
        {"provider": {"type": "cloud"}},
    ],
    ids=str,
)
def test_what_reaches_out_of_the_run_is_refused_in_any_service(service: dict[str, Any]) -> None:
    (key,) = service
    for found in (refusals(model(odoo=service), internet=True), refusals(model(more=service), internet=True)):
        (reason,) = found
        assert f"`{key}" in reason


@pytest.mark.parametrize(
    "service",
    [
        {"network_mode": "service:db"},
        {"network_mode": "none"},
        {"pid": "service:db"},
        {"ipc": "shareable"},
        {"volumes_from": ["db"]},
        {"privileged": True},
        {"deploy": {"replicas": 3}},
        {"scale": 0},
    ],
    ids=str,
)
def test_what_stays_within_the_run_is_taken(service: dict[str, Any]) -> None:
    assert refusals(model(more=service), internet=True) == []


@pytest.mark.parametrize("service", [{"network_mode": "none"}, {"network_mode": "service:db"}, {"scale": 0}])
def test_an_odoo_that_could_not_be_reached_is_refused(service: dict[str, Any]) -> None:
    assert len(refusals(model(odoo=service), internet=True)) == 1


@pytest.mark.parametrize("driver", ["macvlan", "ipvlan", "overlay", "host", "none"])
def test_a_network_on_which_two_runs_would_meet_is_refused(driver: str) -> None:
    (reason,) = refusals(model(networks={"lan": {"driver": driver}}), internet=True)
    assert "`lan`" in reason
    assert driver in reason


def test_an_external_network_is_taken_unless_the_run_may_have_no_way_out() -> None:
    it = model(networks={"out": {"external": True, "driver": "macvlan"}, "default": None, "bridge": {"driver": "bridge"}})
    assert refusals(it, internet=True) == []
    (reason,) = refusals(it, internet=False)
    assert "`out` is external" in reason


@pytest.mark.parametrize("service", [{"scale": 0}, {"deploy": {"replicas": 0}}])
def test_a_service_scaled_to_nothing_is_switched_off(service: dict[str, Any]) -> None:
    assert switched_off(model(more=service)) == {"more"}
    assert switched_off(model(more={"deploy": {"resources": {}}})) == set()
