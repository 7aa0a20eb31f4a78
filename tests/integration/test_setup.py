import contextlib
import io
import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import docker
import psutil
import pytest
from docker.errors import ImageNotFound

from hub_runner.engine.client import connect
from hub_runner.engine.images import StandIn
from hub_runner.errors import EnvironmentFailure, Interrupted
from hub_runner.host.signals import held
from hub_runner.machine import standins
from hub_runner.machine.commands import run
from hub_runner.machine.setup import setup
from hub_runner.settings import Settings
from tests.standins import images

pytestmark = pytest.mark.integration


@pytest.fixture
def client() -> Iterator[docker.DockerClient]:
    with contextlib.closing(connect().client) as it:
        yield it


@pytest.fixture
def recipe(tmp_path: Path, client: docker.DockerClient) -> Iterator[StandIn]:
    """The recipe of a stand-in that builds in a second."""
    folder = tmp_path / "recipe"
    folder.mkdir()
    dockerfile = "FROM {}\nARG BASE\nARG MIRROR\nCOPY file /file\n"
    (folder / "Dockerfile").write_text(dockerfile.format(images(client=client).odoo))
    (folder / "file").write_text("one")
    it = StandIn(replaces="none:1", reference=f"h-setup-{os.getpid()}:1", contents="a file", folder=str(folder))
    yield it
    with contextlib.suppress(ImageNotFound):
        client.images.remove(it.reference)


def build(it: StandIn) -> list[str]:
    lines: list[str] = []
    run([standins.build_command(it, "http://mirror.invalid")], on_line=lines.append, environ={"BUILDKIT_PROGRESS": "plain"})
    return lines


def test_a_machine_that_has_everything_hears_one_line_within_a_second(client: docker.DockerClient) -> None:
    tiny, seconds = images(client=client), list[float]()
    while min(seconds, default=9) >= 1:  # a busy machine may be slow now and then
        out, begin = io.StringIO(), time.monotonic()
        setup(Settings(root=Path("/"), odoo_image=tiny.odoo, db_image=tiny.db), out=out)
        seconds.append(time.monotonic() - begin)
        assert out.getvalue() == f"nothing to do: engine, Compose, {tiny.odoo} and {tiny.db} are here.\n"
        assert len(seconds) < 20, seconds


def test_an_image_that_is_not_to_be_had_ends_setup_with_the_registrys_words() -> None:
    settings = Settings(root=Path("/"), odoo_image="registry.invalid/odoo:18.0")
    with pytest.raises(EnvironmentFailure, match=r"registry\.invalid/odoo:18\.0 could not be pulled: .*registry\.invalid"):
        setup(settings, out=io.StringIO())


def test_a_stand_in_is_outdated_as_soon_as_a_file_of_its_recipe_changes(
    client: docker.DockerClient, recipe: StandIn
) -> None:
    assert standins.outdated(client, [recipe]) == [recipe]
    build(recipe)
    assert standins.outdated(client, [recipe]) == []
    (Path(recipe.folder) / "file").write_text("two")
    assert standins.outdated(client, [recipe]) == [recipe]


def test_an_image_that_lost_its_name_to_a_newer_one_is_removed(client: docker.DockerClient, recipe: StandIn) -> None:
    build(recipe)
    before = client.images.get(recipe.reference)
    (Path(recipe.folder) / "file").write_text("two")
    build(recipe)
    standins.forget(client, [before])
    with pytest.raises(ImageNotFound):
        client.images.get(str(before.id))


def test_a_build_that_fails_shows_why_and_leaves_the_image_before_it(client: docker.DockerClient, recipe: StandIn) -> None:
    build(recipe)
    before = client.images.get(recipe.reference).id
    with (Path(recipe.folder) / "Dockerfile").open("a") as dockerfile:
        dockerfile.write("RUN echo these are the words; false\n")
    with pytest.raises(EnvironmentFailure, match="these are the words"):
        build(recipe)
    assert client.images.get(recipe.reference).id == before


def test_an_interrupted_build_leaves_no_image_and_nothing_that_builds_on(
    client: docker.DockerClient, recipe: StandIn
) -> None:
    with (Path(recipe.folder) / "Dockerfile").open("a") as dockerfile:
        dockerfile.write("RUN echo it begins; sleep 299\n")

    strikes = [threading.Timer(0.01, os.kill, (os.getpid(), signal.SIGINT))]

    def interrupt(line: str) -> None:
        if line.endswith("it begins") and "RUN" not in line and strikes:  # a build that is broken off says so once more
            strikes.pop().start()

    command = standins.build_command(recipe, "http://mirror.invalid")
    begin = time.monotonic()
    with pytest.raises(Interrupted), held() as signals:
        signals.interruptible(lambda: run([command], on_line=interrupt, environ={"BUILDKIT_PROGRESS": "plain"}))
    assert time.monotonic() - begin < 280
    assert standins.find(client, recipe.reference) is None
    until = time.monotonic() + 180
    while _sleeps():
        assert time.monotonic() < until, "the build goes on"
        time.sleep(0.05)


def _sleeps() -> bool:
    return any(process.info["cmdline"] == ["sleep", "299"] for process in psutil.process_iter(["cmdline"]))
