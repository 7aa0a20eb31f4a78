"""What a watch makes of saves that come at any moment: real files and a real workbench in front of an Odoo that is none."""

from __future__ import annotations

import os
import selectors
import shutil
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from hub_runner.checkout import snapshot
from hub_runner.checkout.closure import closure
from hub_runner.checkout.modules import catalogue
from hub_runner.loop.changes import Scope, conditions
from hub_runner.loop.screen import Quick
from hub_runner.loop.watch import Replan, Watch
from hub_runner.loop.workbench import INSTALLED, Wish, Workbench
from hub_runner.odoo.choice import EVERYTHING
from hub_runner.plan import Plan
from hub_runner.result import Outcome, Status, Verdict
from hub_runner.settings import Settings
from tests.plans import plan_of

TESTS = "from odoo.tests import TransactionCase\n\n\nclass TestRock(TransactionCase):\n    def test_a(self):\n        pass\n"
MANIFEST = "{'name': 'Rock', 'depends': ['base']}"
GREEN = Verdict(outcomes=(Outcome(module="rock", cls="TestRock", method="test_a", status=Status.PASSED),))


def planned_for(name: str, settings: Settings) -> Plan:
    """Raises UsageError."""
    modules = catalogue(settings.addons_folders)
    module = modules.find(name)
    needed = closure([module], modules, "odoo:18.0")
    return plan_of(module, settings, closure=needed).with_files({it.name: snapshot.files(it) for it in needed.local})


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

    def __init__(self, root: Path, *, needs: str = "base") -> None:
        self.shown: list[Quick] = []
        self.said: list[str] = []
        self.odoo = Server()
        self.folder = root / "addons" / "rock"
        for name, text in (("__init__.py", ""), ("__manifest__.py", MANIFEST), ("tests/__init__.py", "")):
            self.save(name, text, told=False)
        self.save("tests/__init__.py", "from . import test_rock\n", told=False)
        self.save("tests/test_rock.py", TESTS, told=False)
        if needs != "base":
            (stone := root / "addons" / needs).mkdir()
            (stone / "__init__.py").write_text("", encoding="utf-8")
            (stone / "__manifest__.py").write_text(MANIFEST, encoding="utf-8")
            self.save("__manifest__.py", MANIFEST.replace("base", needs), told=False)
        plan = planned_for("rock", Settings(root=root, test_timeout=60))
        environment = SimpleNamespace(copy_in=lambda archive: None, remove_files=lambda paths: None)
        screen = SimpleNamespace(
            show=self.shown.append, begin=lambda what: None, say=self.said.append, note=self.said.append
        )
        watcher = SimpleNamespace(clear=lambda: None)
        keys = SimpleNamespace(read=lambda: "\n")
        super().__init__(
            plan,
            conditions(plan.settings),
            cast(Any, environment),
            None,
            cast(Any, screen),
            cast(Any, keys),
            cast(Any, watcher),
        )
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
    """For which modules somebody made new plans, without compose and git."""
    asked: list[str] = []

    def plans(names: list[str], settings: Settings, **options: Any) -> list[Plan]:
        asked.extend(names)
        return [planned_for("rock", settings)]

    monkeypatch.setattr("hub_runner.loop.workbench.plans", plans)
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
    with pytest.raises(Replan) as raised:
        watching.begin()
    assert planned == ["rock"]
    assert raised.value.plan.closure.core == ("mail",)


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
    watching.save("__manifest__.py", MANIFEST)
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


def test_a_dependency_that_is_no_longer_needed_and_gone_is_not_missed(tmp_path: Path, planned: list[str]) -> None:
    watching = Watching(tmp_path, needs="stone")
    watching.begin()
    watching.settle()
    shutil.rmtree(tmp_path / "addons" / "stone")
    watching.changed()
    assert watching.verdicts == [True, False]
    with pytest.raises(Replan) as raised:
        watching.save("__manifest__.py", MANIFEST)
    assert [module.name for module in raised.value.plan.closure.local] == ["rock"]


def test_a_dependency_that_moved_to_another_folder_is_taken_from_there(tmp_path: Path, planned: list[str]) -> None:
    watching = Watching(tmp_path, needs="stone")
    (tmp_path / "more").mkdir()
    settings = replace(watching.plan.settings, addons=("addons", "more"))
    watching.plan = watching.bench.plan = replace(watching.plan, settings=settings)
    shutil.move(tmp_path / "addons" / "stone", tmp_path / "more" / "stone")
    with pytest.raises(Replan) as raised:
        watching.begin()
    assert [module.folder.parent.name for module in raised.value.plan.closure.local] == ["addons", "more"]


def test_a_verdict_is_on_what_the_files_show_now_and_not_at_the_start(watching: Watching) -> None:
    judged: list[Plan] = []

    def judge(*values: object, **options: object) -> Verdict:
        judged.append(watching.bench.plan)
        return GREEN

    watching.bench.judge = judge  # type: ignore[method-assign]
    watching.save("views/rock.xml", "<odoo/>")
    watching.settle()
    assert [finding.message for finding in judged[-1].noticed] == [
        "no list of __manifest__.py names views/rock.xml, so Odoo does not load it"
    ]
    (watching.folder / "views" / "rock.xml").unlink()
    watching.changed()
    watching.settle()
    assert judged[-1].noticed == ()


def test_what_the_series_of_the_image_refuses_is_refused_at_once(watching: Watching, planned: list[str]) -> None:
    watching.save("rock.xml", "<odoo/>", told=False)
    watching.save("__manifest__.py", MANIFEST.replace("}", ", 'data': ['rock.xml']}"))
    watching.settle()
    asked = len(watching.odoo.asked)
    view = '<odoo><record id="a" model="ir.ui.view"><field name="arch" type="xml"><tree/></field></record></odoo>'
    watching.save("rock.xml", view)
    assert watching.verdicts == [True, True, False]
    assert len(watching.odoo.asked) == asked


def test_a_first_tour_asks_for_an_environment_with_a_browser(watching: Watching, planned: list[str]) -> None:
    tour = TESTS.replace("pass", "self.start_tour('/web', 'rock')").replace("TransactionCase", "HttpCase")
    with pytest.raises(Replan) as raised:
        watching.save("tests/test_rock.py", tour)
    assert raised.value.plan.wanted.browser


def test_a_package_that_a_requirements_file_asks_for_now_is_in_the_next_environment(
    watching: Watching, planned: list[str], tmp_path: Path
) -> None:
    (tmp_path / "requirements.txt").write_text("pydantic\n", encoding="utf-8")
    with pytest.raises(Replan) as raised:
        watching.pressed()
    assert [str(package.requirement) for package in raised.value.plan.wanted.python] == ["pydantic"]


def test_a_verdict_says_that_settings_have_changed_since_the_watch_began(watching: Watching, tmp_path: Path) -> None:
    settings = tmp_path / "pyproject.toml"
    for text, old in (
        ("[tool.ruff]\n", False),
        ("[tool.hub-runner]\nwarnings = 'fail'\n", True),
        ("[tool.hub-runner", True),
        ("", False),
    ):
        settings.write_text(text, encoding="utf-8")
        watching.pressed()
        watching.settle()
        assert watching.shown[-1].what == "all tests" + "; pyproject.toml as before this watch began" * old


def test_a_verdict_says_that_the_compose_file_has_changed_since_the_watch_began(watching: Watching, tmp_path: Path) -> None:
    (tmp_path / "docker-compose.agent.yml").write_text("services: {}\n", encoding="utf-8")
    watching.pressed()
    watching.settle()
    assert "docker-compose.agent.yml as before" in watching.shown[-1].headline


def test_keys_are_left_to_a_shell_that_has_the_watch_in_its_background(watching: Watching) -> None:
    reader, writer = os.pipe()
    with os.fdopen(reader, "rb", buffering=0), os.fdopen(writer, "wb", buffering=0) as keyboard:
        keyboard.write(b"x")
        with selectors.DefaultSelector() as selector:
            for ours in (True, False, False, True):
                watching.keys = cast(Any, SimpleNamespace(are_ours=ours, fileno=lambda: reader, take=lambda: None))
                watching.listen(selector)
                assert len(selector.select(0)) == ours
