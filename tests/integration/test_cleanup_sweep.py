"""The sweep removes what provably dead runs left, more than nothing, and never anything else."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from hub_runner.cleanup.owner import Owner, here
from hub_runner.cleanup.sweep import belongings
from hub_runner.engine.client import Engine
from hub_runner.engine.resources import Resource
from hub_runner.host.lock import Lock
from tests.integration.conftest import Make, command, start
from tests.integration.scene import HANGING, PATIENCE, running
from tests.standins.checkout import Checkout

pytestmark = pytest.mark.integration
Forge = Callable[..., str]
DEAD = 2**22 + 1  # more than any process id


@pytest.fixture
def checkout(make: Make, monkeypatch: pytest.MonkeyPatch) -> Checkout:
    """A checkout whose locks this process sees as its runs do."""
    found = make(modules=HANGING)
    monkeypatch.setenv("HUB_RUNNER_STATE", str(found.root / "state"))
    return found


@pytest.fixture
def forge(engine: Engine, checkout: Checkout) -> Iterator[Forge]:
    """Makes a volume that bears the labels of a run, by default of a dead one of this checkout; its name."""
    made: list[Resource] = []

    def volume(age: int = 60, **other: object) -> str:
        owner = replace(dead(checkout, len(made), age), **other)  # type: ignore[arg-type]  # each has its field's type
        name = str(engine.client.volumes.create(f"{owner.run}_forged", labels=owner.labels).name)
        made.append(Resource("volume", name, name, {}))
        return name

    yield volume
    for it in made:
        engine.remove(it)


def dead(checkout: Checkout, number: int, age: int = 60) -> Owner:
    """A run of this checkout whose process is no more."""
    prefix = f"{checkout.settings['project']}-agent-test-"
    me = here(run="", prefix=prefix)
    return replace(me, run=f"{prefix}probe-{me.started - age}-{number:04x}", pid=DEAD)


def clean(checkout: Checkout, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        (*command("clean"), *arguments), cwd=checkout.root, env=checkout.environ, capture_output=True, text=True, check=False
    )


def volumes(engine: Engine) -> set[str]:
    return {it["Name"] for it in engine.api.volumes().get("Volumes") or ()}


def test_what_dead_runs_left_is_removed_and_said(engine: Engine, checkout: Checkout, forge: Forge) -> None:
    names = {forge(), forge(boot="an earlier one")}
    done = clean(checkout)
    assert done.returncode == 0, done.stderr
    assert names.isdisjoint(volumes(engine))
    assert all(f"orphaned run {name.removesuffix('_forged')}: volume {name}" in done.stdout for name in names)


@pytest.mark.parametrize(
    "other", [{"user": "4711"}, {"host": "elsewhere"}, {"prefix": "others-agent-test-"}], ids=["user", "host", "prefix"]
)
def test_what_belongs_to_somebody_else_is_not_touched(
    engine: Engine, checkout: Checkout, forge: Forge, other: dict[str, str]
) -> None:
    mine, theirs = forge(), forge(**other)
    done = clean(checkout, "--all")
    assert volumes(engine) & {mine, theirs} == {theirs}
    assert theirs not in done.stdout


def test_what_a_living_run_owns_is_not_touched(engine: Engine, checkout: Checkout, forge: Forge) -> None:
    orphan, owner = forge(), dead(checkout, 1)
    lock = Lock.try_acquire(owner.lock_path, holder="a test")
    assert lock is not None
    living = forge(run=owner.run)
    clean(checkout)
    assert volumes(engine) & {orphan, living} == {living}
    lock.release()  # as the kernel does when the last holder dies; the file stays
    clean(checkout)
    assert living not in volumes(engine)
    assert not owner.lock_path.exists()


def test_a_run_whose_lock_somebody_removed_lives_as_long_as_its_process(
    engine: Engine, checkout: Checkout, forge: Forge
) -> None:
    me = here(run="", prefix="")
    living, reused = forge(pid=me.pid), forge(pid=me.pid, started=me.started - 1000)
    clean(checkout)
    assert volumes(engine) & {living, reused} == {living}


def test_older_than_spares_the_younger(engine: Engine, checkout: Checkout, forge: Forge) -> None:
    old, young = forge(age=3 * 3600), forge(age=1800)
    clean(checkout, "--older-than", "1")
    assert volumes(engine) & {old, young} == {young}


def test_labels_that_are_not_whole_make_no_owner(engine: Engine, checkout: Checkout) -> None:
    labels = {key: value for key, value in dead(checkout, 0).labels.items() if not key.endswith(".host")}
    volume = engine.client.volumes.create(labels=labels)
    try:
        clean(checkout, "--all")
        assert volume.name in volumes(engine)
    finally:
        volume.remove()


def test_all_ends_living_runs_too_after_naming_them(engine: Engine, checkout: Checkout) -> None:
    with running(engine, checkout) as scene:
        clean(checkout)
        assert scene.victim.process.poll() is None
        done = clean(checkout, "--all")
        assert f"living run {scene.project}: container {scene.project}-" in done.stdout
        assert scene.becomes_clean()
        assert scene.code == 143


def test_a_run_removes_orphans_before_it_starts(engine: Engine, checkout: Checkout, forge: Forge) -> None:
    orphan = forge()
    with running(engine, checkout, phase="start") as scene:
        assert orphan not in volumes(engine)
        assert f"Removed what a dead run had left: verified: nothing of {orphan.removesuffix('_forged')}" in scene.log
        scene.victim.send(2)
        assert scene.becomes_clean()


def test_a_killed_run_takes_nothing_from_one_beside_it(engine: Engine, checkout: Checkout) -> None:
    with running(engine, checkout) as first:
        mine = {str(it) for it in engine.of_run(first.project)}
        with start(checkout, "probe") as second:
            assert wait_until(lambda: len(belongings(engine, first.prefix)) == 2)
            second.kill()
            assert wait_until(lambda: [it.owner.run for it in belongings(engine, first.prefix)] == [first.project])
        assert {str(it) for it in engine.of_run(first.project)} == mine
        assert first.victim.process.poll() is None
        first.victim.send(2)
        assert first.becomes_clean()


def wait_until(holds: Callable[[], bool]) -> bool:
    end = time.monotonic() + PATIENCE
    while not holds() and time.monotonic() < end:
        time.sleep(0.05)
    return holds()
