"""What a watch makes of saves that come at any moment: real files and a real workbench in front of an Odoo that is none."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from hub_runner.checkout import snapshot
from hub_runner.checkout.modules import Module
from hub_runner.errors import UsageError
from hub_runner.loop.changes import Scope
from hub_runner.loop.screen import Quick
from hub_runner.loop.watch import Watch, Wish
from hub_runner.loop.workbench import INSTALLED, Workbench
from hub_runner.odoo.choice import EVERYTHING
from hub_runner.plan import Plan
from hub_runner.result import Outcome, Status, Verdict
from hub_runner.settings import Settings
from tests.plans import plan_of

TESTS = "from odoo.tests import TransactionCase\n\n\nclass TestRock(TransactionCase):\n    def test_a(self):\n        pass\n"
GREEN = Verdict(outcomes=(Outcome(module="rock", cls="TestRock", method="test_a", status=Status.PASSED),))


class Server:
    """Takes requests, and answers when the test says so."""

    def __init__(self) -> None:
        self.asked: list[Any] = []
        self.stopped: list[int] = []
        self.dropped: list[str] = []
        self.answer: list[dict[str, int]] = []

    def start(self, arguments: object, modules: object, **options: Any) -> Any:
        self.asked.append(SimpleNamespace(number=len(self.asked) + 1, **options))
        return self.asked[-1]

    def stop(self, request: Any) -> None:
        self.stopped.append(request.number)

    def drop(self, database: str) -> None:
        self.dropped.append(database)

    def answers(self, timeout: float) -> list[dict[str, int]]:
        answer, self.answer = self.answer, []
        return answer

    def await_end(self) -> None:
        pass


class Watching(Watch):
    """The watch of a module in a checkout of its own, with what it showed."""

    def __init__(self, root: Path) -> None:
        self.shown: list[Quick] = []
        self.said: list[str] = []
        self.odoo = Server()
        self.folder = root / "addons" / "rock"
        for name, text in (("__init__.py", ""), ("__manifest__.py", "{'name': 'Rock'}"), ("tests/__init__.py", "")):
            self.save(name, text, told=False)
        self.save("tests/__init__.py", "from . import test_rock\n", told=False)
        self.save("tests/test_rock.py", TESTS, told=False)
        module = Module(name="rock", folder=self.folder, manifest={"name": "Rock"})
        settings = Settings(root=root, test_timeout=60)
        plan = plan_of(module, settings, files={"rock": snapshot.files(module)})
        environment = SimpleNamespace(copy_in=lambda archive: None, remove_files=lambda paths: None)
        screen = SimpleNamespace(
            show=self.shown.append, begin=lambda what: None, say=self.said.append, note=self.said.append
        )
        watcher = SimpleNamespace(clear=lambda: None)
        keys = SimpleNamespace(read=lambda: "\n")
        super().__init__(plan, cast(Any, environment), None, cast(Any, screen), cast(Any, keys), cast(Any, watcher))
        self.server = cast(Any, self.odoo)
        self.bench = Workbench(plan, cast(Any, environment), cast(Any, self.odoo), root / "odoo.log")
        self.bench.judge = lambda *values, **options: GREEN  # type: ignore[method-assign]

    def save(self, name: str, text: str, *, told: bool = True) -> None:
        file = self.folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        if told:
            self.changed()

    def end_job(self, code: int = 0) -> None:
        assert self.job
        self.odoo.answer = [{"number": self.job.request.number, "code": code}]
        self.answered()

    def begin(self) -> None:
        """Until the first verdict, and until the module is installed for the next ones."""
        self.try_it(Wish(scope=Scope.CODE, what="first verdict", since=time.monotonic(), choice=EVERYTHING))

    def settle(self) -> None:
        while self.job:
            self.end_job()

    @property
    def verdicts(self) -> list[bool]:
        return [quick.verdict.passed for quick in self.shown]


@pytest.fixture
def watching(tmp_path: Path) -> Watching:
    """One that has shown GREEN and waits for saves."""
    watching = Watching(tmp_path)
    watching.begin()
    watching.settle()
    assert watching.bench.installed
    assert watching.verdicts == [True]
    return watching


@pytest.fixture
def planned(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """How often somebody made new plans; each is as good as the last one."""
    asked: list[str] = []

    def plans(names: list[str], settings: Settings, **options: Any) -> list[Plan]:
        asked.extend(names)
        folder = settings.root / "addons" / "rock"
        if "broken" in (folder / "__manifest__.py").read_text(encoding="utf-8"):
            raise UsageError("broken manifest")
        return [plan_of(Module(name="rock", folder=folder, manifest={"name": "Rock"}), settings)]

    monkeypatch.setattr("hub_runner.loop.watch.plans", plans)
    return asked


def test_a_view_that_was_saved_just_before_enter_is_installed(watching: Watching) -> None:
    watching.save("views/rock.xml", "<odoo/>", told=False)
    watching.pressed()
    assert watching.odoo.dropped == [INSTALLED]
    assert watching.odoo.asked[-1].template != INSTALLED


def test_a_view_that_was_saved_while_the_tests_of_an_earlier_save_end_is_installed(watching: Watching) -> None:
    watching.save("tests/test_rock.py", TESTS + "# 1\n")
    watching.save("tests/test_rock.py", TESTS + "# 2\n")
    watching.save("views/rock.xml", "<odoo/>", told=False)
    watching.end_job(137)
    assert watching.odoo.asked[-1].template != INSTALLED


def test_test_files_alone_still_take_a_copy_of_the_installed_module(watching: Watching) -> None:
    watching.save("tests/test_rock.py", TESTS + "# 1\n")
    assert watching.odoo.asked[-1].template == INSTALLED


def test_a_manifest_that_is_saved_while_the_watch_starts_is_planned_with(tmp_path: Path, planned: list[str]) -> None:
    watching = Watching(tmp_path)
    watching.save("__manifest__.py", "{'name': 'Rock', 'depends': ['mail']}", told=False)
    watching.begin()
    assert planned == ["rock"]


def test_a_watch_that_starts_undisturbed_plans_once(tmp_path: Path, planned: list[str]) -> None:
    Watching(tmp_path).begin()
    assert planned == []


def test_a_manifest_that_is_broken_while_tests_run_stays_red(watching: Watching, planned: list[str]) -> None:
    watching.save("tests/test_rock.py", TESTS + "# 1\n")
    watching.save("__manifest__.py", "broken")
    assert watching.odoo.stopped == [watching.odoo.asked[-1].number]
    watching.end_job()
    assert watching.verdicts == [True, False]
    assert watching.job is None
    watching.save("__manifest__.py", "{'name': 'Rock'}")
    watching.settle()
    assert watching.verdicts == [True, False, True]


def test_a_folder_that_is_deleted_while_tests_run_is_red(watching: Watching, planned: list[str]) -> None:
    watching.save("tests/test_rock.py", TESTS + "# 1\n")
    elsewhere = watching.folder.rename(watching.folder.with_name("elsewhere"))
    watching.changed()
    watching.end_job()
    assert watching.verdicts == [True, False]
    elsewhere.rename(watching.folder)
    watching.changed()
    watching.settle()
    assert watching.verdicts == [True, False, True]


def test_a_test_that_runs_after_a_refusal_is_not_begun_again_without_a_change(watching: Watching) -> None:
    watching.save("tests/test_rock.py", "def broken(:\n")
    assert watching.verdicts == [True, False]
    watching.save("tests/test_rock.py", TESTS)
    watching.changed()
    assert watching.odoo.stopped == []


@pytest.fixture
def late(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Lets an hour pass."""

    def pass_by() -> None:
        later = time.monotonic() + 3600
        monkeypatch.setattr("hub_runner.loop.watch.time", SimpleNamespace(monotonic=lambda: later))

    return pass_by


def test_an_installation_for_later_tests_that_hangs_is_ended_and_said(tmp_path: Path, late: Callable[[], None]) -> None:
    watching = Watching(tmp_path)
    watching.begin()
    watching.end_job()
    assert watching.job
    assert watching.remaining()
    late()
    watching.end_late_job()
    assert watching.odoo.stopped == [2]
    assert watching.job is None
    assert "more than 60 s" in watching.said[0]


def test_what_was_saved_while_an_installation_hangs_is_tested_at_last(tmp_path: Path, late: Callable[[], None]) -> None:
    watching = Watching(tmp_path)
    watching.begin()
    watching.end_job()
    watching.save("tests/test_rock.py", TESTS + "# 1\n")
    assert len(watching.odoo.asked) == 2
    late()
    watching.end_late_job()
    watching.end_job()
    assert watching.verdicts == [True, True]


def test_what_was_saved_while_tests_did_not_end_is_tried_after_their_timeout(
    watching: Watching, late: Callable[[], None]
) -> None:
    watching.save("tests/test_rock.py", TESTS + "# 1\n")
    watching.save("tests/test_rock.py", TESTS + "# 2\n")
    late()
    watching.end_late_job()
    assert watching.job
    assert watching.next is None


def test_tests_have_their_whole_time_however_long_they_waited_for_their_turn(watching: Watching) -> None:
    watching.wish(Scope.TESTS, "all tests", time.monotonic() - 3600)
    assert watching.remaining()
