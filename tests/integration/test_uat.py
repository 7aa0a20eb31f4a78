"""``uat``: what lasts, what does not, and that nobody else touches it."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import stat
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import docker
import psutil
import pytest

from hub_runner.cleanup.teardown import teardown
from hub_runner.engine.client import Engine
from tests.chaos.trial import locks
from tests.integration.conftest import Make, command, run
from tests.integration.daemon import Daemon
from tests.integration.scene import PATIENCE
from tests.integration.test_keep import becomes
from tests.standins import images
from tests.standins.checkout import FAIL, PASS, Checkout, add_module, checkout, fast_compose

pytestmark = pytest.mark.integration
Done = subprocess.CompletedProcess[str]


class Uat:
    """The commands of one checkout, and what is there of it."""

    def __init__(self, engine: Engine, checkout: Checkout, home: Path, **environ: str) -> None:
        self.engine, self.checkout = engine, checkout
        self.environ = {**checkout.environ, "XDG_STATE_HOME": str(home), **environ}
        self.name = f"{checkout.settings['project']}-uat-env"
        self.home = home

    def __call__(self, *arguments: str) -> Done:
        return subprocess.run(
            command("uat", *arguments),
            cwd=self.checkout.root,
            env=self.environ,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )

    def begin(self, *arguments: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            command("uat", "start", *arguments),
            cwd=self.checkout.root,
            env=self.environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def left(self, kind: str = "") -> list[str]:
        return sorted(str(it) for it in self.engine.of_run(self.name) if it.kind.startswith(kind))

    def file(self, name: str) -> str:
        """A file of Odoo's data, as the odoo container has it."""
        done = subprocess.run(
            ("docker", "exec", f"{self.name}-odoo-1", "cat", f"/var/lib/odoo/{name}"),
            capture_output=True,
            text=True,
            check=False,
        )
        return done.stdout

    def shown(self, folder: str) -> list[str]:
        """The names in a folder of the odoo container."""
        done = subprocess.run(
            ("docker", "exec", f"{self.name}-odoo-1", "ls", folder), capture_output=True, text=True, check=True
        )
        return done.stdout.split()

    @property
    def noted(self) -> dict[str, str]:
        modules: dict[str, str] = json.loads(self.file("hub_uat"))["modules"]
        return modules


NewUat = Callable[..., Uat]


@pytest.fixture
def new(make: Make, engine: Engine, tmp_path: Path) -> Iterator[NewUat]:
    made: list[Uat] = []

    def uat(root: Path | None = None, **values: object) -> Uat:
        made.append(Uat(engine, make(root=root, **{"modules": {"probe": PASS, "other": FAIL}, **values}), tmp_path / "home"))
        return made[-1]

    yield uat
    for it in made:
        teardown(it.name)


def test_its_life_from_the_first_start_to_the_reset(new: NewUat, engine: Engine) -> None:
    uat = new()
    first = uat("start")
    assert first.returncode == 0, first.stderr
    assert "Installing other, probe: the first start takes a while" in first.stderr
    url = uat("url").stdout.strip()
    assert url in first.stdout
    path = Path(first.stdout.split("master password  in ")[1].strip())
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.read_text().strip() not in first.stdout + first.stderr
    assert f"runs on {url}" in uat("status").stdout
    assert set(uat.noted) == {"other", "probe"}
    assert f"admin_passwd = {path.read_text().strip()}" in configuration(uat)
    volumes = [name for name in uat.left("volume") if uat.name in name]

    stopped = uat("stop")
    assert stopped.returncode == 0, stopped.stderr
    assert "stopped, its data is kept" in stopped.stderr
    assert uat.left() == volumes
    assert uat("url").returncode == 4

    second = uat("start")
    assert second.returncode == 0, second.stderr
    assert "Installing" not in second.stderr
    assert set(uat.noted) == {"other", "probe"}
    assert "It runs already" in uat("start").stderr
    subprocess.run(("docker", "rm", "--force", f"{uat.name}-db-1"), capture_output=True, check=True)
    assert "Odoo runs, and its database does not" in uat("status").stdout
    assert uat("start").returncode == 0
    assert uat("url").returncode == 0

    assert "Nothing was removed" in uat("reset").stderr
    assert uat("reset", "--yes").returncode == 0
    assert uat.left() == []
    assert not path.exists()
    assert "not there" in uat("status").stdout


def configuration(uat: Uat) -> str:
    return subprocess.run(
        ("docker", "exec", f"{uat.name}-odoo-1", "cat", "/hub-runner/uat/odoo.conf"),
        capture_output=True,
        text=True,
        check=True,
    ).stdout


@pytest.mark.skipif(bool(Daemon.why_not()), reason=Daemon.why_not())
def test_nobody_else_touches_it_and_doctor_shows_it(tmp_path: Path) -> None:
    """On an engine of its own: ``clean --caches`` takes from other tests what they start from."""
    with Daemon() as daemon, contextlib.closing(docker.DockerClient(base_url=daemon.host)) as client:
        place = checkout(tmp_path / "checkout", images(client=client), project="touched", cold=True, ports="18030-18039")
        uat = Uat(Engine(client), place, tmp_path / "home", DOCKER_HOST=daemon.host)
        try:
            stays_untouched(uat)
        finally:
            assert uat("reset", "--yes").returncode == 0
        assert uat.left() == []


def stays_untouched(uat: Uat) -> None:
    started = uat("start")
    assert started.returncode == 0, started.stderr
    there = uat.left()
    for arguments in (("clean",), ("clean", "--all"), ("clean", "--kept", "--caches")):
        subprocess.run(command(*arguments), cwd=uat.checkout.root, env=uat.environ, capture_output=True, check=True)
    assert run(uat.checkout, "probe", DOCKER_HOST=uat.environ["DOCKER_HOST"]).passed
    assert uat.left() == there
    shown = subprocess.run(
        command("doctor"), cwd=uat.checkout.root, env=uat.environ, capture_output=True, text=True, check=False
    )
    assert f"uat          {uat.name}: runs on http" in shown.stdout


def test_update_brings_what_changed_up_to_date_and_start_alone_says_so(new: NewUat) -> None:
    uat = new()
    assert uat("start", "--modules", "probe").returncode == 0
    before = uat.noted
    assert set(before) == {"probe"}
    (uat.checkout.root / "addons" / "probe" / "standin.sh").write_text(FAIL)
    add_module(uat.checkout.root / "addons" / "third", PASS)
    uat("stop")
    assert "Not as in the checkout: probe. `uat start --update`" in uat("start", "--modules", "probe").stderr
    assert uat.noted == before
    updated = uat("start", "--update", "--modules", "third")
    assert updated.returncode == 0, updated.stderr
    assert "Bringing up to date: probe, third." in updated.stderr
    assert set(uat.noted) == {"probe", "third"}
    assert uat.noted["probe"] != before["probe"]
    assert "-i third -u probe" in uat.file("calls").splitlines()[-1]
    assert "All modules are up to date." in uat("start", "--update").stderr
    (uat.checkout.root / "addons" / "probe" / "standin.sh").write_text(PASS)
    assert uat("start", "--update").returncode == 0
    last_call = uat.file("calls").splitlines()[-1]
    assert "-u probe" in last_call
    assert " -i " not in last_call


def test_what_is_deleted_is_gone_and_what_is_not_named_stays(new: NewUat) -> None:
    in_memory = "db-volume:/var/lib/postgresql/data\n    tmpfs: [/var/lib/hub-runner/pgdata]"
    uat = new(compose=fast_compose().replace("db-volume:/var/lib/postgresql/data", in_memory))
    started = uat("start")
    assert started.returncode == 0, started.stderr
    addons = uat.checkout.root / "addons"
    shutil.rmtree(addons / "other")
    (addons / "probe" / "tests" / "test_standin.py").unlink()
    (addons / "probe" / "new.py").touch()
    add_module(addons / "third", PASS)
    add_module(addons / "broken", PASS)
    (addons / "broken" / "__manifest__.py").write_text("{")
    updated = uat("start", "--update", "--modules", "third")
    assert updated.returncode == 0, updated.stderr
    assert "broken is left out: " in updated.stderr
    assert "Installed earlier, and no longer in the checkout: other." in updated.stderr
    assert uat.shown("/mnt/extra-addons") == ["probe", "third"]
    assert {"new.py", "standin.sh"} <= set(uat.shown("/mnt/extra-addons/probe"))
    assert "test_standin.py" not in uat.shown("/mnt/extra-addons/probe/tests")
    assert "-i third" in uat.file("calls").splitlines()[-1]
    volumes = [name for name in uat.left("volume") if uat.name in name]
    assert uat("stop").returncode == 0
    assert uat.left() == volumes


def test_a_second_checkout_is_refused_with_the_path_of_the_first(new: NewUat, tmp_path: Path) -> None:
    uat = new()
    assert uat("start").returncode == 0
    second = new(root=tmp_path / "second", project=str(uat.checkout.settings["project"]))
    for arguments in (("start",), ("stop",), ("reset", "--yes")):
        done = second(*arguments)
        assert (done.returncode, str(uat.checkout.root) in done.stderr) == (2, True)
    assert str(uat.checkout.root) in second("status").stdout
    killed_while_it_resets(uat)


def killed_while_it_resets(uat: Uat) -> None:
    """The guard comes to the end of it: some of its volumes without the others would be worse than all or none."""
    process = subprocess.Popen(command("uat", "reset", "--yes"), cwd=uat.checkout.root, env=uat.environ)
    assert becomes(lambda: process.poll() is not None or bool(guards_below(process)))
    process.kill()
    process.wait()
    assert becomes(lambda: uat.left() == [] and locks(uat.checkout) == [])


def guards_below(process: subprocess.Popen[bytes]) -> list[psutil.Process]:
    """Its guards, beside other children that may end meanwhile."""
    found = list[psutil.Process]()
    with contextlib.suppress(psutil.NoSuchProcess):
        for child in psutil.Process(process.pid).children():
            with contextlib.suppress(psutil.Error):
                found += [child] if "hub_runner.cleanup.guard" in child.cmdline() else []
    return found


def test_a_first_start_that_fails_leaves_nothing(new: NewUat) -> None:
    uat = new(compose=fast_compose().replace("HOST: db", 'HOST: db\n      INSTALLATION: "3"'))
    done = uat("start")
    assert done.returncode == 7
    assert "Odoo ended with 3. It said last:\nstand-in: 3" in done.stderr
    assert uat.left() == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
@pytest.mark.parametrize("wait", [0.5, 2.0, 4.0])
def test_a_first_start_that_is_broken_off_leaves_nothing(new: NewUat, number: signal.Signals, wait: float) -> None:
    uat = new(compose=fast_compose().replace("HOST: db", 'HOST: db\n      SLOW: "30"'))
    process = uat.begin()
    time.sleep(wait)
    os.kill(process.pid, number)
    assert process.wait(PATIENCE) in (-number, 128 + number)
    assert becomes(lambda: uat.left() == [] and locks(uat.checkout) == [])


def test_a_first_start_that_is_killed_with_its_guard_is_not_taken_for_a_whole_one(new: NewUat) -> None:
    uat = new(compose=fast_compose().replace("HOST: db", 'HOST: db\n      SLOW: "5"'))
    process = uat.begin()
    assert becomes(lambda: uat("url").returncode == 0)
    guards = guards_below(process)
    process.kill()
    for guard in guards:
        guard.kill()
    process.wait(PATIENCE)
    assert becomes(lambda: locks(uat.checkout) == [])
    assert "runs on" in uat("status").stdout
    again = uat("start")
    assert again.returncode == 0, again.stderr
    assert set(uat.noted) == {"other", "probe"}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
@pytest.mark.parametrize("wait", [0.5, 2.0])
def test_a_later_start_that_is_broken_off_keeps_the_data(new: NewUat, number: signal.Signals, wait: float) -> None:
    uat = new()
    assert uat("start").returncode == 0
    uat("stop")
    volumes = uat.left()
    process = uat.begin()
    time.sleep(wait)
    os.kill(process.pid, number)
    process.wait(PATIENCE)
    assert becomes(lambda: locks(uat.checkout) == [])
    assert [name for name in uat.left() if name in volumes] == volumes
    assert uat("start").returncode == 0
    assert set(uat.noted) == {"other", "probe"}
