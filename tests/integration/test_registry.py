"""Prepared databases that go through a real registry, or a file: pulled, pushed, verified; and a registry in trouble."""

from __future__ import annotations

import base64
import json
import os
import re
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import docker.errors
import pytest

from hub_runner.engine.client import Engine
from hub_runner.engine.registry_queries import Registry
from hub_runner.warm import store
from hub_runner.warm.label import LABEL
from hub_runner.warm.registry import CacheRegistry, Sharing
from hub_runner.warm.store import PreparedDatabase
from tests.integration import registry_server
from tests.integration.conftest import Done, Make, run
from tests.integration.registry_server import PASSWORD, USER, RegistryServer, silent_host
from tests.integration.test_warm import MADE, USED, Warm, depending, run_verb
from tests.standins import Images
from tests.standins.checkout import Checkout
from tests.unit.warm.labels import label_of
from tests.unit.warm.test_recipe import RECIPE

pytestmark = pytest.mark.integration
PULLED = "Pulled a prepared database"
HELPLESS = "The cache registry is of no help: "


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[RegistryServer]:
    if not registry_server.program():
        pytest.skip("there is no docker-registry, here or from apt")
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
    assert len(Registry(registry.name, engine, seconds=180).tags("")) == 1, "it was pushed, and no setting says so"


def test_a_registry_that_never_answers_costs_one_bounded_wait_and_never_the_verdict(warm: Warm) -> None:
    with silent_host() as host:
        done = run(warm.checkout(cache_registry=f"{host}/hub-cache", cache_push=True, cache_timeout=1.0), "probe")
    assert done.passed
    assert MADE in done.said
    assert "did not answer within 1 s" in one_line(done)
    assert one_line(done).count(HELPLESS) == 1, "it was asked again, and kept the run waiting again"


class Tiny:
    """A prepared database in which nothing is: the stand-in's image with a label on top."""

    def __init__(self, engine: Engine, below: str, mark: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("HUB_RUNNER_STATE", str(folder / "state"))
        monkeypatch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
        self.engine, self.below = engine, below
        # Of no day: whoever makes a database removes those of a day that is over.
        self.recipe = replace(RECIPE, db=engine.digest(below), odoo_args=mark, day="")
        self.notes: list[str] = []

    def make(self) -> PreparedDatabase:
        container = self.engine.api.create_container(self.below)["Id"]
        labels = {LABEL: json.dumps(label_of(self.recipe))}
        self.engine.api.commit(container, repository=store.REPOSITORY, tag=self.recipe.key, conf={"Labels": labels})
        self.engine.api.remove_container(container, v=True)
        database = store.find(self.engine, self.recipe.key)
        assert database
        return database

    def sharing(self, name: str, seconds: float = 180) -> Sharing:
        registry = CacheRegistry(name=name, engine=self.engine, environ=os.environ, seconds=seconds)
        return Sharing(registry, self.notes.append)

    def forget(self) -> None:
        if database := store.find(self.engine, self.recipe.key):
            store.remove(self.engine, database)


@pytest.fixture
def tiny(engine: Engine, standins: Images, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Tiny]:
    it = Tiny(engine, standins.db, f"{tmp_path.name}-{time.time_ns()}", tmp_path, monkeypatch)
    yield it
    it.forget()


@pytest.mark.parametrize(
    ("trouble", "seconds", "words"),
    [
        ("away", 180, "connection refused"),
        ("closed", 180, "could not be pushed"),
        ("readonly", 3, " within 3 s"),  # the engine would try again for longer than that
        ("full", 3, " within 3 s"),
    ],
)
def test_a_registry_in_trouble_is_of_no_help_and_no_more_than_that(
    tiny: Tiny, registry: RegistryServer, trouble: str, seconds: float, words: str
) -> None:
    registry.stop()
    if trouble != "away":
        registry.start(**{trouble: True})
    database, sharing = tiny.make(), tiny.sharing(registry.name, seconds)
    sharing.push(database)
    assert sharing.pull(replace(tiny.recipe, day="2024-12-31")) is None
    assert tiny.notes[0].startswith(HELPLESS)
    assert words in tiny.notes[0]
    kept = store.find(tiny.engine, database.key)
    assert kept is not None
    assert kept.other_names == (), "the registry's name stayed with it"


def test_what_is_not_that_database_is_not_used_and_not_kept(tiny: Tiny, registry: RegistryServer) -> None:
    database, sharing = tiny.make(), tiny.sharing(registry.name)
    sharing.push(database)
    assert "Pushed the prepared database" in tiny.notes[0]
    repository, _, tag = CacheRegistry(
        name=registry.name, engine=tiny.engine, environ=os.environ, seconds=180
    ).reference(tiny.recipe).rpartition(":")  # fmt: skip
    tiny.forget()
    tiny.engine.api.tag(tiny.below, repository, tag)  # somebody pushes another image under its name
    tiny.engine.api.push(repository, tag=tag)
    tiny.engine.api.remove_image(f"{repository}:{tag}")
    assert sharing.pull(tiny.recipe) is None
    assert "is not that database" in tiny.notes[1]
    assert store.find(tiny.engine, tiny.recipe.key) is None
    with pytest.raises(docker.errors.ImageNotFound):
        tiny.engine.api.inspect_image(f"{repository}:{tag}")


def test_what_was_pulled_and_never_got_a_name_of_ours_is_removed(tiny: Tiny, registry: RegistryServer) -> None:
    """As after a kill in the middle: docker's client comes to its end all the same."""
    name = f"{registry.name}:{tiny.recipe.family[:12]}-{tiny.recipe.key}"
    database = tiny.make()
    tiny.engine.api.tag(database.image, *name.rsplit(":", 1))
    tiny.engine.api.remove_image(database.reference)
    with store.IMAGES.in_use(tiny.recipe.key):
        store.forget_nameless(tiny.engine)
        assert tiny.engine.api.inspect_image(name), "it is being pulled just now"
    store.forget_nameless(tiny.engine)
    with pytest.raises(docker.errors.ImageNotFound):
        tiny.engine.api.inspect_image(name)


def test_a_closed_registry_lets_in_who_has_logged_in(
    engine: Engine, registry: RegistryServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry.restart(closed=True)
    with pytest.raises(Exception, match="does not let this user in"):
        Registry(registry.name, engine, seconds=180).tags("")
    secret = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
    (tmp_path / "config.json").write_text(json.dumps({"auths": {registry.host: {"auth": secret}}}))
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    assert Registry(registry.name, engine, seconds=180).tags("") == []


def test_the_verb_pushes_lists_pulls_exports_and_imports(
    warm: Warm, engine: Engine, registry: RegistryServer, tmp_path: Path
) -> None:
    checkout = depending(warm, small="base", middle="mail")
    refused(checkout)
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


def refused(checkout: Checkout) -> None:
    assert "needs a registry" in run_verb(checkout, "cache", "pull", code=2)
    assert "needs the name of a file" in run_verb(checkout, "cache", "export", code=2)
    assert "cannot be read" in run_verb(checkout, "cache", "import", str(checkout.root / "pyproject.toml"), code=2)
