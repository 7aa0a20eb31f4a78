"""Prepared databases that go through a real registry, or a file: pulled, pushed, verified; and a registry in trouble."""

from __future__ import annotations

import base64
import json
import re
import time
from collections.abc import Iterator
from pathlib import Path

import docker.errors
import pytest

from hub_runner.engine.client import Engine
from hub_runner.engine.registry import Registry
from hub_runner.warm import store
from tests.integration import registry_server
from tests.integration.conftest import Done, Make, run
from tests.integration.registry_server import PASSWORD, USER, RegistryServer, silent_host
from tests.integration.test_warm import MADE, USED, Warm, depending, run_verb
from tests.standins.checkout import Checkout

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(not registry_server.program(), reason="there is no docker-registry, here or from apt"),
]
PULLED = "Pulled a prepared database"
HELPLESS = "The cache registry is of no help: "


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[RegistryServer]:
    folder = tmp_path / "registry"
    folder.mkdir()
    server = RegistryServer(folder)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def warm(make: Make, engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Warm]:
    it = Warm(make, engine, f"{tmp_path.name}-{time.time_ns()}")
    monkeypatch.setenv("HUB_RUNNER_STATE", str(tmp_path / "checkout" / "state"))
    yield it
    forget(warm=it, engine=engine)


def forget(warm: Warm, engine: Engine) -> None:
    """As a machine that begins without any."""
    for database in warm.databases():
        for name in (*database.other_names, database.reference):
            engine.api.remove_image(name)


def one_line(done: Done) -> str:
    return " ".join(done.said.split())


def test_what_one_machine_has_pushed_another_one_pulls_and_the_log_says_from_where(
    warm: Warm, engine: Engine, registry: RegistryServer
) -> None:
    first = warm.checkout(cache_registry=registry.name)
    made = run(first, "probe", "--cache-push")
    assert MADE in made.said
    assert f"as {registry.name}@sha256:" in one_line(made)
    forget(warm, engine)
    done = run(first, "probe")
    assert done.passed
    assert MADE not in done.said
    assert PULLED in done.said
    (database,) = warm.databases()
    assert database.pulled.startswith(f"{registry.name}@sha256:")
    assert f"{USED}{str(database).partition(', pulled')[0]}" in one_line(done)  # a terminal may divide what follows
    assert [line for line in done.log.splitlines() if f"{database}, image {database.image}" in line], done.log
    about = json.loads((first.root / "result.json").read_text())["run"]
    assert (about["warm_origin"], about["warm_digest"]) == (database.pulled, database.image)
    assert PULLED not in run(first, "probe").said
    assert store.remove(engine, database)
    assert warm.databases() == []


def test_the_best_smaller_one_is_pulled_and_what_is_made_on_top_says_so(
    warm: Warm, engine: Engine, registry: RegistryServer
) -> None:
    checkout = depending(warm, middle="mail", big="sale")
    where = ("--cache-registry", registry.name)
    assert "Pushed the prepared database" in run(checkout, "middle", "--cache-push", *where).said
    (middle,) = warm.databases()
    forget(warm, engine)
    done = run(checkout, "big", *where)
    assert done.passed
    assert f"{PULLED}: {middle.key[:12]}" in one_line(done)
    assert "1 module to install on top of mail" in one_line(done)
    (big,) = (it for it in warm.databases() if it.key != middle.key)
    assert big.origin.startswith(f"{registry.name}@sha256:")
    assert big.pulled == ""
    assert f"on top of {big.origin}" in one_line(done)


def test_nothing_is_pushed_unless_the_settings_say_so(warm: Warm, engine: Engine, registry: RegistryServer) -> None:
    checkout = warm.checkout(cache_registry=registry.name)
    assert MADE in run(checkout, "probe").said
    assert Registry(registry.name, engine, seconds=10).tags("") == []


@pytest.mark.parametrize(
    ("trouble", "words"),
    [
        ("away", "connection refused"),
        ("silent", "did not answer within 1 s"),
        ("closed", "could not be pulled"),
        ("readonly", "did not come to an end within 5 s"),  # the engine would try again for longer than that
        ("full", "did not come to an end within 5 s"),
    ],
)
def test_a_registry_in_trouble_costs_a_note_and_a_bounded_wait_and_never_the_verdict(
    warm: Warm, registry: RegistryServer, trouble: str, words: str
) -> None:
    with silent_host() as host:
        checkout = warm.checkout(
            cache_registry=f"{host}/hub-cache" if trouble == "silent" else registry.name,
            cache_push=True,
            cache_timeout=1.0 if trouble == "silent" else 5.0,
        )
        registry.stop()
        if trouble in ("closed", "readonly", "full"):
            registry.start(**{trouble: True})
        begin = time.monotonic()
        done = run(checkout, "probe")
        assert done.passed
        assert HELPLESS in done.said
        assert words in one_line(done)
        assert MADE in done.said
        assert time.monotonic() - begin < 60
        if trouble == "silent":
            assert one_line(done).count(HELPLESS) == 1, "it was asked again, and kept the run waiting again"
    assert [it.other_names for it in warm.databases()] == [()]


def test_what_is_not_that_database_is_not_used_and_not_kept(warm: Warm, engine: Engine, registry: RegistryServer) -> None:
    checkout = warm.checkout(cache_registry=registry.name)
    run(checkout, "probe", "--cache-push")
    (real,) = warm.databases()
    family = real.label["family"][:12]
    forget(warm, engine)
    forged = engine.api.inspect_image(checkout.settings["db_image"])["Id"]
    tag = f"{family}-{real.key}"
    engine.api.tag(forged, registry.name, tag)
    engine.api.push(registry.name, tag=tag)
    engine.api.remove_image(f"{registry.name}:{tag}")
    done = run(checkout, "probe")
    assert done.passed
    assert "is not that database" in one_line(done)
    assert MADE in done.said
    with pytest.raises(docker.errors.ImageNotFound):
        engine.api.inspect_image(f"{registry.name}:{tag}")


def test_a_closed_registry_lets_in_who_has_logged_in(
    engine: Engine, registry: RegistryServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry.restart(closed=True)
    with pytest.raises(Exception, match="does not let this user in"):
        Registry(registry.name, engine, seconds=10).tags("")
    secret = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
    (tmp_path / "config.json").write_text(json.dumps({"auths": {registry.host: {"auth": secret}}}))
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    assert Registry(registry.name, engine, seconds=10).tags("") == []


def test_the_verb_pushes_lists_pulls_exports_and_imports(
    warm: Warm, engine: Engine, registry: RegistryServer, tmp_path: Path
) -> None:
    checkout = depending(warm, small="base", middle="mail")
    refused(checkout, registry)
    settings = ("--cache-registry", registry.name)
    assert "2 databases to prepare" in run_verb(checkout, "prepare")
    pushed = run_verb(checkout, "cache", "push", *settings)
    assert pushed.count("pushed ") == 2
    file = tmp_path / "databases.tar"
    assert run_verb(checkout, "cache", "export", str(file)).count("exported ") == 2
    keys = {it.key for it in warm.databases()}
    forget(warm, engine)
    assert f"{registry.name} has 2 prepared databases." in run_verb(checkout, "cache", "list", *settings)
    assert len(re.findall(r"pulled \w+: base", run_verb(checkout, "cache", "pull", "small", *settings))) == 1
    assert len(re.findall(r"(here|pulled) \w+: (base|mail)", run_verb(checkout, "cache", "pull", *settings))) == 2
    assert {it.key for it in warm.databases()} == keys
    forget(warm, engine)
    assert run_verb(checkout, "cache", "import", str(file)).count("loaded ") == 2
    assert {it.key for it in warm.databases()} == keys
    assert MADE not in run(checkout, "middle").said


def refused(checkout: Checkout, registry: RegistryServer) -> None:
    assert "needs a registry" in run_verb(checkout, "cache", "pull", code=2)
    assert "needs the name of a file" in run_verb(checkout, "cache", "export", code=2)
    assert "no prepared database of this checkout here" in run_verb(
        checkout, "cache", "push", "--cache-registry", registry.name, code=2
    )
    assert "cannot be read" in run_verb(checkout, "cache", "import", str(checkout.root / "pyproject.toml"), code=2)
