"""The life of a prepared database on a real engine: made, used, found unfit, lost, removed. Stand-ins play Odoo and
PostgreSQL."""

from __future__ import annotations

import contextlib
import json
import re
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import docker.errors
import pytest

from hub_runner.engine.client import Engine
from hub_runner.engine.container import Container
from hub_runner.engine.model import DB, ODOO
from hub_runner.warm import store
from hub_runner.warm.label import LABEL
from hub_runner.warm.recipe import digest
from hub_runner.warm.store import PreparedDatabase
from tests.integration.conftest import Make, command, fake_docker, run, start
from tests.integration.scene import PATIENCE
from tests.standins.checkout import GO, HANG, PASS, Checkout, fast_compose

pytestmark = pytest.mark.integration

MADE = "Preparing a database"
USED = "warm start: "


class Warm:
    """Checkouts whose caches are theirs alone: an argument of Odoo's own sets them apart."""

    def __init__(self, make: Make, engine: Engine, mark: str) -> None:
        self._make, self._engine, self.arguments = make, engine, (f"--mark={mark}",)

    def checkout(self, root: Path | None = None, environment: str = "", **values: Any) -> Checkout:
        compose = fast_compose().replace("      HOST: db\n", f"      HOST: db\n{environment}")
        # Without demo data: a database with it is of one day, and the day may end between two runs of a test.
        defaults = {"cold": False, "demo": "off", "compose": compose, "odoo_args": self.arguments}
        return self._make(root, **{**defaults, **values})

    def databases(self) -> list[PreparedDatabase]:
        mine = digest(json.dumps(self.arguments))
        return [it for it in store.databases(self._engine) if it.label["recipe"]["odoo_args"] == mine]


@pytest.fixture
def warm(make: Make, engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Warm]:
    it = Warm(make, engine, f"{tmp_path.name}-{time.time_ns()}")
    monkeypatch.setenv("HUB_RUNNER_STATE", str(tmp_path / "checkout" / "state"))
    yield it
    for cache in it.databases():
        engine.api.remove_image(cache.reference)


def preparation(how: str) -> str:
    return f"      PREPARATION: {how}\n"


def service(engine: Engine, checkout: Checkout, name: str, seen: Callable[[Container], bool]) -> Container:
    """The container of a service of the one run of the checkout, as soon as it looks as wanted."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        for folder in checkout.root.glob(".hub-runner/runs/*"):
            container = engine.service(folder.name, name)
            if container and seen(container):
                return container
        time.sleep(0.05)
    raise AssertionError(f"no such {name}")


def ended(process: subprocess.Popen[str]) -> tuple[int, str]:
    said, _ = process.communicate(timeout=PATIENCE)
    return process.returncode, said


def said_until(process: subprocess.Popen[str], words: str) -> str:
    """What it says up to the line with ``words``."""
    assert process.stdout
    said = ""
    while words not in said:
        line = process.stdout.readline()
        assert line, said
        said += line
    return said


def test_the_first_run_makes_the_cache_and_the_second_starts_from_it(warm: Warm) -> None:
    checkout = warm.checkout()
    first, second = run(checkout, "probe"), run(checkout, "probe")
    assert first.passed
    assert second.passed
    assert MADE in first.said
    assert MADE not in second.said
    (cache,) = warm.databases()
    assert f"{USED}{cache}" in second.said
    assert str(cache) in second.log


def test_a_run_has_the_prepared_image_for_its_own_database_and_no_password_is_kept(warm: Warm, engine: Engine) -> None:
    checkout = warm.checkout(modules={"probe": HANG})
    process = start(checkout, "probe")
    container = service(engine, checkout, DB, lambda it: it["Config"]["Image"].startswith(store.REPOSITORY))
    process.send_signal(signal.SIGINT)
    assert ended(process)[0] == 130
    (cache,) = warm.databases()
    assert container["Config"]["Image"] == cache.reference
    (password,) = [word.partition("=")[2] for word in container["Config"]["Env"] if word.startswith("POSTGRES_PASSWORD=")]
    assert password not in json.dumps(engine.api.inspect_image(cache.reference))


def test_a_cache_looks_like_nobodys_run(warm: Warm, engine: Engine) -> None:
    run(warm.checkout(), "probe")
    (cache,) = warm.databases()
    labels = engine.api.inspect_image(cache.reference)["Config"]["Labels"]
    others = {name: value for name, value in labels.items() if name != LABEL}
    assert set(others.values()) == {""}


def test_cold_neither_makes_nor_uses_a_cache(warm: Warm) -> None:
    checkout = warm.checkout()
    assert MADE not in run(checkout, "probe", "--cold").said
    assert warm.databases() == []
    run(checkout, "probe")
    assert USED not in run(checkout, "probe", "--cold").said


def test_no_room_for_caches_means_a_cold_start(warm: Warm) -> None:
    assert run(warm.checkout(cache_limit=0.0), "probe").passed
    assert warm.databases() == []


def test_another_setting_starts_from_another_cache(warm: Warm) -> None:
    checkout = warm.checkout()
    assert MADE in run(checkout, "probe").said
    assert MADE in run(checkout, "probe", "--demo=on").said
    assert len(warm.databases()) == 2


def test_two_runs_that_miss_the_same_cache_make_it_once(warm: Warm, engine: Engine) -> None:
    checkout = warm.checkout(environment=preparation("held"))
    first = start(checkout, "probe")
    making = said_until(first, MADE)
    second = start(checkout, "probe")
    waiting = said_until(second, "waiting for it")
    while first.poll() is None:  # the preparation is held in one of the containers that it needs, one after the other
        for folder in checkout.root.glob(".hub-runner/runs/*"):
            with contextlib.suppress(docker.errors.APIError):
                if container := engine.service(folder.name, ODOO):
                    engine.client.containers.get(container["Id"]).exec_run(f"touch {GO}")
        time.sleep(0.05)
    said = [(code, begin + rest) for begin, (code, rest) in zip([making, waiting], map(ended, [first, second]), strict=True)]
    assert [code for code, _ in said] == [0, 0]
    assert sum(MADE in text for _, text in said) == 1
    assert sum("Another run prepares the same database" in text for _, text in said) == 1
    assert sum(USED in text for _, text in said) == 2
    assert len(warm.databases()) == 1


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_a_build_that_is_killed_leaves_no_half_cache_and_nothing_else(warm: Warm, engine: Engine, number: int) -> None:
    checkout = warm.checkout(environment=preparation("hangs"))
    process = start(checkout, "probe")
    container = service(engine, checkout, ODOO, lambda it: it["State"]["Status"] == "running")
    project = container["Config"]["Labels"]["com.docker.compose.project"]
    time.sleep(0.3)  # in the middle of the preparation, or just before
    process.send_signal(number)
    ended(process)
    end = time.monotonic() + PATIENCE
    while (left := engine.of_run(project)) and time.monotonic() < end:
        time.sleep(0.1)
    assert left == []
    assert warm.databases() == []


def test_a_run_that_waits_for_anothers_cache_can_be_interrupted(warm: Warm, engine: Engine) -> None:
    checkout = warm.checkout(environment=preparation("hangs"))
    builder = start(checkout, "probe")
    service(engine, checkout, ODOO, lambda it: it["State"]["Status"] == "running")
    waiting = start(checkout, "probe")
    said_until(waiting, "waiting for it")
    waiting.send_signal(signal.SIGINT)
    assert ended(waiting)[0] == 130  # it would wait for ever if it went on
    builder.send_signal(signal.SIGINT)
    assert ended(builder)[0] == 130


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        (preparation("fails"), "Odoo could not install its modules (exit code 1)"),
        ("      ERRORS: 2\n", "2 errors were logged while base was installed"),
        ("""      PREPARED: '"base": "installed", "web": "to upgrade"'\n""", "not all modules were installed: web"),
        ("""      PREPARED: '"web": "installed"'\n""", "Odoo passed over base"),
        ("      PREPARED: nonsense\n", "A cold start"),
    ],
    ids=["fails", "errors", "unfinished", "missing", "nonsense"],
)
def test_a_preparation_that_went_wrong_is_not_kept_and_the_run_starts_cold(warm: Warm, environment: str, words: str) -> None:
    done = run(warm.checkout(environment=environment), "probe")
    assert done.passed
    assert words in " ".join(done.said.split())
    assert warm.databases() == []


def test_a_database_in_a_mount_starts_cold_and_the_log_says_why(warm: Warm) -> None:
    compose = fast_compose().replace("    shm_size: 256m\n", "    tmpfs: /var/lib/hub-runner\n")
    done = run(warm.checkout(compose=compose), "probe")
    assert done.passed
    assert "lies in a mount" in done.said
    assert warm.databases() == []


def test_a_module_that_takes_the_place_of_one_of_odoos_is_installed_afresh(warm: Warm) -> None:
    done = run(warm.checkout(environment="""      PREPARED: '"base": "installed", "probe": "installed"'\n"""), "probe")
    assert done.passed
    assert "the checkout has modules of Odoo's own of the same name: probe" in done.said
    assert USED not in done.said


def test_a_cache_that_somebody_removed_is_made_again(warm: Warm, engine: Engine) -> None:
    checkout = warm.checkout()
    run(checkout, "probe")
    engine.api.remove_image(warm.databases()[0].reference)
    again = run(checkout, "probe")
    assert again.passed
    assert MADE in again.said


# Removes the prepared database, as `docker image prune --all` does, after the run has found it and before it starts from it.
PRUNING = """case " $* " in *" --file - "*" up "*)
  model=$(cat)
  image=$(printf %s "$model" | grep -o "hub-runner/cache:[0-9a-f]*" | head -n 1)
  if [ -n "$image" ] && mkdir {mark} 2>/dev/null; then $DOCKER rmi --force "$image" >/dev/null; fi
  printf %s "$model" | $DOCKER "$@"
  exit ;;
esac
exec $DOCKER "$@" """


def test_a_cache_that_is_pruned_between_the_look_and_the_use_is_made_again(warm: Warm, tmp_path: Path) -> None:
    checkout = warm.checkout()
    run(checkout, "probe")
    script = PRUNING.replace("{mark}", str(tmp_path / "struck"))
    done = run(checkout, "probe", PATH=fake_docker(tmp_path / "bin", script))
    assert done.passed, done.said
    assert "No test had begun, so once more from the start" in done.said
    assert "was removed after this run had found it" in " ".join(done.said.split())
    assert MADE in done.said
    assert len(warm.databases()) == 1


def test_a_cache_that_a_run_starts_from_is_not_removed(warm: Warm, engine: Engine) -> None:
    checkout = warm.checkout(modules={"probe": HANG})
    process = start(checkout, "probe")
    service(engine, checkout, DB, lambda it: it["Config"]["Image"].startswith(store.REPOSITORY))
    (cache,) = warm.databases()
    assert not store.remove(engine, cache)
    process.send_signal(signal.SIGINT)
    ended(process)
    assert store.remove(engine, cache)
    assert warm.databases() == []


def test_two_modules_beside_each_other_have_their_own_ports_logs_and_results(warm: Warm) -> None:
    checkout = warm.checkout(
        modules={"one": "begin test_one test_two\npassed test_one\npassed test_two\nfinish 0\n", "two": HANG}
    )
    process = subprocess.Popen(
        command("run", "one", "two", "--jobs", "2", "--cold"),
        cwd=checkout.root,
        env=checkout.environ,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    logs, end = list[Path](), time.monotonic() + PATIENCE
    while not any("PASSED one" in path.read_text() for path in logs):
        assert time.monotonic() < end
        time.sleep(0.1)
        logs = list(checkout.root.glob(".hub-runner/runs/*/proof_of_execution_tests.log"))
    process.send_signal(signal.SIGINT)
    code, said = ended(process)
    assert code == 130
    assert said.index("PASSED one") < said.index("INTERRUPTED two" if "INTERRUPTED two" in said else "FAILED two")
    assert len(list(checkout.root.glob(".hub-runner/runs/*/result.json"))) == 2


ON_A_PREPARED_DATABASE_ONLY = """begin test_one
if [ "$database" = prepared ]; then later web; failed test_one; finish 1; fi
passed test_one
finish 0
"""


def test_a_red_run_that_the_prepared_database_may_have_caused_gets_a_second_opinion_from_a_cold_start(warm: Warm) -> None:
    checkout = warm.checkout(modules={"probe": ON_A_PREPARED_DATABASE_ONLY})
    done = run(checkout, "probe")
    assert done.passed
    assert re.search(r"so far: .*test_one.* A cold start for a second opinion: the run is red", " ".join(done.said.split()))
    result = json.loads((checkout.root / "result.json").read_text())
    assert result["run"]["warm"] is None
    assert any("It differs, and decides" in note for note in result["notes"])


def test_a_second_opinion_may_agree(warm: Warm) -> None:
    script = 'begin test_one\n[ "$database" = fresh ] || later web\nfailed test_one\nfinish 1\n'
    checkout = warm.checkout(modules={"probe": script})
    assert run(checkout, "probe").code == 1
    assert any("It agrees" in note for note in json.loads((checkout.root / "result.json").read_text())["notes"])


def test_an_odoo_whose_order_of_loading_is_not_known_starts_cold_and_no_database_is_made(warm: Warm) -> None:
    done = run(warm.checkout(environment="      UNKNOWN_ORDER: it has no phase\n"), "probe")
    assert done.passed
    assert "is not known (it has no phase)" in " ".join(done.said.split())
    assert warm.databases() == []


def depending(warm: Warm, **modules: str) -> Checkout:
    checkout = warm.checkout(environment="      PREPARED: INSTALLED\n", modules=dict.fromkeys(modules, PASS))
    for name, depends in modules.items():
        manifest = checkout.root / "addons" / name / "__manifest__.py"
        manifest.write_text(f'{{"name": "Probe", "license": "LGPL-3", "depends": ["{depends}"]}}\n')
    return checkout


def test_a_bigger_database_begins_from_the_smaller_one_and_base_is_no_other_than_nothing(warm: Warm) -> None:
    checkout = depending(warm, small="base", none="base", big="sale")
    assert MADE in run(checkout, "small").said
    assert MADE not in run(checkout, "none").said
    assert "2 modules to install on top of base" in run(checkout, "big").said
    (small, big) = sorted(warm.databases(), key=lambda it: len(it.modules))
    assert big.parent == small.key


def test_prepare_makes_what_runs_start_from_and_then_there_is_nothing_to_do(warm: Warm) -> None:
    checkout = depending(warm, small="base", middle="mail", big="sale")
    first = run_verb(checkout, "prepare")
    assert "3 databases to prepare for 3 modules: 3 installations of Odoo's modules in a tree, 6 without one." in first
    assert "All prepared databases for 3 modules are there." in run_verb(checkout, "prepare", "--all")
    assert len(warm.databases()) == 3
    assert MADE not in run(checkout, "big").said


def test_prepare_refuses_what_no_run_can_start_from(warm: Warm) -> None:
    checkout = warm.checkout()
    assert "there is none to make" in run_verb(checkout, "prepare", "--cold", code=2)
    assert "no module 'none'" in run_verb(checkout, "prepare", "none", code=2)


def run_verb(checkout: Checkout, *words: str, code: int = 0) -> str:
    done = subprocess.run(
        command(*words), cwd=checkout.root, env=checkout.environ, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == code, done.stdout
    return " ".join(done.stdout.split())
