"""What the tests on the real engine share: the tiny stand-ins, throw-away checkouts, and a run as a user starts it."""

from __future__ import annotations

import itertools
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from hub_runner.cleanup import owner
from hub_runner.cleanup.teardown import teardown
from hub_runner.engine.client import Engine, connect
from tests.standins import Images
from tests.standins import images as make_images
from tests.standins.checkout import REPOSITORY as ROOT
from tests.standins.checkout import Checkout
from tests.standins.checkout import checkout as make_checkout
from tests.standins.real_python import image as real_python_image

Make = Callable[..., Checkout]
VALIDATOR = Draft202012Validator(json.loads((ROOT / "docs" / "result.schema.json").read_text(encoding="utf-8")))
# Apart from those of other tests, which run beside these on one machine, and from those of the other worker.
WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
PORTS = itertools.count(18200 + os.getpid() % 75 * 24 + WORKER % 2 * 12, 24)


# In these files signals strike whatever a runner is doing. One that strikes while coverage holds its lock, and whose handler
# is measured too, would wait for that lock for ever: their runners are not measured.
STRUCK = ("test_cleanup_", "test_batch", "test_keep", "test_parallel", "test_shell", "test_uat", "test_container_ends")


@pytest.fixture(autouse=True)
def _measured_only_in_peace(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.path.name.startswith(STRUCK):
        for name in [name for name in os.environ if name.startswith("COVERAGE_")]:
            monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def engine() -> Iterator[Engine]:
    found = connect()
    yield found
    found.client.close()


@pytest.fixture(scope="session")
def standins(engine: Engine) -> Images:
    """What to give as odoo-image and db-image."""
    return make_images(client=engine.client)


@pytest.fixture(scope="session")
def real_python(engine: Engine) -> str:
    """An odoo-image whose launcher and recorder are those of earnest runs."""
    if sys.platform != "linux":
        pytest.skip("the engine's containers cannot run this machine's Python")
    return real_python_image(engine.client)


@pytest.fixture
def make(tmp_path: Path, standins: Images, engine: Engine) -> Iterator[Make]:
    """Makes a checkout of the test's own, whose runs leave nothing in the engine."""
    made: list[str] = []

    def checkout(root: Path | None = None, **values: Any) -> Checkout:
        first = next(PORTS)
        project = str(values.pop("project", f"t{os.getpid()}-{first}"))
        made.append(project)
        # The images that other tests start from are never removed to make room for those of this one.
        defaults = {"project": project, "cold": True, "ports": f"{first}-{first + 10}", "cache_limit": 1000.0}
        return make_checkout(root or tmp_path / "checkout", standins, **{**defaults, **values})

    yield checkout
    owned = [(owner.read(it.labels), str(it)) for it in engine.bearing(owner.RUN_LABEL)]
    prefixes = {f"{name}-agent-test-" for name in made}
    left = {name: who.run for who, name in owned if who and who.prefix in prefixes}
    for run in set(left.values()):  # a test that failed must not hold up those that follow
        teardown(run)
    assert list(left) == []


@dataclass(frozen=True)
class Done:
    """How ``python -m hub_runner`` ended."""

    code: int
    said: str  # on both streams
    log: str  # of the latest run; empty where there is none

    @property
    def passed(self) -> bool:
        return self.code == 0 and "PASSED" in self.said


def command(*arguments: str) -> tuple[str, ...]:
    return (sys.executable, "-m", "hub_runner", *arguments)


def run(checkout: Checkout, *arguments: str, cwd: Path | None = None, prefix: tuple[str, ...] = (), **environ: str) -> Done:
    """``python -m hub_runner run ARGUMENTS`` in the checkout."""
    process = subprocess.run(
        (*prefix, *command("run", *arguments)),
        cwd=cwd or checkout.root,
        env={**checkout.environ, **environ},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=280,  # to end a hang
        check=False,
    )
    log = checkout.log.read_text(encoding="utf-8", errors="replace") if checkout.log.exists() else ""
    if (checkout.root / "result.json").exists():  # each result that a run leaves is as the schema says
        VALIDATOR.validate(json.loads((checkout.root / "result.json").read_text(encoding="utf-8")))
    return Done(process.returncode, process.stdout.decode(errors="replace"), log)


def run_until(words: str, checkout: Checkout, *arguments: str, seconds: float, **environ: str) -> tuple[Done, float]:
    """A run with a ``health_timeout`` in which a container comes so far that ``words`` are said; that time limit, too.

    ``seconds`` are enough on a quiet machine. On a busy one they are doubled as long as the container came less far.
    """
    while True:
        done = run(checkout, *arguments, f"--health-timeout={seconds:g}", cwd=None, prefix=(), **environ)
        if words in done.said or seconds > 100:
            return done, seconds
        seconds *= 2


def start(checkout: Checkout, *arguments: str, environ: Mapping[str, str] | None = None) -> subprocess.Popen[str]:
    """The same, not waited for."""
    return subprocess.Popen(
        command("run", *arguments),
        cwd=checkout.root,
        env={**checkout.environ, **(environ or {})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def fake_docker(folder: Path, script: str) -> str:
    """A PATH on which `docker` is ``script``; ``$DOCKER`` in it is the real one."""
    folder.mkdir()
    program = folder / "docker"
    program.write_text(f"#!/bin/sh\nDOCKER={shutil.which('docker')}\n{script}\n", encoding="utf-8")
    program.chmod(0o755)
    return f"{folder}{os.pathsep}{os.environ['PATH']}"


def keeping_models(folder: Path) -> str:
    """A PATH on which `docker` keeps what compose is given to start: ``folder``/RUN.json."""
    keep = f'*" --file - "*) tee "{folder}/$3.json" | $DOCKER "$@"'
    return fake_docker(folder, f'case " $* " in {keep};; *) exec $DOCKER "$@";; esac')
