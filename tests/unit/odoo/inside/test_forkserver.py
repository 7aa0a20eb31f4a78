"""The protocol of the fork server with real forks; Odoo itself and its database are left out."""

from __future__ import annotations

import contextlib
import io
import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from hub_runner.odoo.inside import databases as of_odoo
from hub_runner.odoo.inside import forkserver
from hub_runner.odoo.inside.databases import SPARE

REQUEST: dict[str, Any] = {"number": 1, "template": "a", "database": "b", "arguments": [], "modules": []}
REQUEST |= {"keep": False, "spare": False}


class Done:
    """What is done to databases, in its order, by whatever process."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.touch()

    def add(self, text: str) -> None:
        with self.path.open("a") as file:
            file.write(f"{text}\n")

    @property
    def all(self) -> list[str]:
        return self.path.read_text().splitlines()


@pytest.fixture
def databases(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Done:
    done = Done(tmp_path / "done")
    monkeypatch.setattr(of_odoo, "clone", lambda template, database, **_: done.add(f"{template} -> {database}"))
    monkeypatch.setattr(of_odoo, "open_as", lambda database, name: done.add(f"{database} is {name}"))
    monkeypatch.setattr(of_odoo, "drop", lambda database: done.add(f"drop {database}"))
    return done


class Talk:
    """A server in this process, without its loop."""

    def __init__(self) -> None:
        self.answers = Uncloseable()
        self.server = forkserver.Server("TOKEN", self.answers)

    def answered(self) -> list[dict[str, Any]]:
        lines = self.answers.getvalue().splitlines()
        assert all(line.startswith("TOKEN ") for line in lines)
        return [json.loads(line.removeprefix("TOKEN ")) for line in lines]


class Uncloseable(io.StringIO):
    """The child closes its copy of the descriptor; here both are one buffer."""

    def close(self) -> None:
        """Leaves it open."""


@pytest.fixture
def talk(databases: Done) -> Iterator[Talk]:
    it = Talk()
    yield it
    it.server.kill()
    with contextlib.suppress(ChildProcessError):
        it.server.reap(wait=True)


def ends_with(code: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forkserver, "run", lambda request: os._exit(code))


def hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    def run(request: object) -> None:
        os.setpgid(0, 0)
        time.sleep(60)
        os._exit(0)

    monkeypatch.setattr(forkserver, "run", run)


@pytest.mark.parametrize("code", [0, 1, 97])
def test_a_request_gets_a_copy_of_a_database_and_an_answer(
    talk: Talk, databases: Done, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    ends_with(code, monkeypatch)
    talk.server.handle(REQUEST)
    talk.server.reap(wait=True)
    assert talk.answered() == [{"number": 1, "code": code}]
    assert databases.all == ["a -> b", "drop b"]


def test_the_answer_does_not_wait_until_the_database_is_removed(talk: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    answered: list[Any] = []
    monkeypatch.setattr(of_odoo, "drop", lambda database: answered.append(talk.answered()))
    ends_with(0, monkeypatch)
    talk.server.handle(REQUEST)
    talk.server.reap(wait=True)
    assert answered == [[{"number": 1, "code": 0}]]


def test_a_database_that_is_to_stay_stays_if_odoo_ended_well(
    talk: Talk, databases: Done, monkeypatch: pytest.MonkeyPatch
) -> None:
    ends_with(0, monkeypatch)
    talk.server.handle({**REQUEST, "keep": True})
    talk.server.reap(wait=True)
    assert databases.all == ["a -> b"]


def test_a_database_that_is_to_stay_goes_if_it_is_half_made(
    talk: Talk, databases: Done, monkeypatch: pytest.MonkeyPatch
) -> None:
    ends_with(1, monkeypatch)
    talk.server.handle({**REQUEST, "keep": True})
    talk.server.reap(wait=True)
    assert databases.all == ["a -> b", "drop b"]


def test_a_request_that_is_stopped_ends_at_once_and_is_answered(talk: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    hangs(monkeypatch)
    talk.server.handle(REQUEST)
    talk.server.handle({"stop": 1})
    talk.server.reap(wait=True)
    assert talk.answered() == [{"number": 1, "code": 137}]


def test_a_stop_that_comes_too_late_stops_nothing_else(talk: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    hangs(monkeypatch)
    talk.server.handle({**REQUEST, "number": 2})
    talk.server.handle({"stop": 1})
    talk.server.reap()
    assert talk.answered() == []


def test_a_database_that_cannot_be_copied_is_answered_and_the_server_goes_on(
    talk: Talk, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(template: str, database: str) -> None:
        raise RuntimeError("no room")

    ends_with(0, monkeypatch)
    with monkeypatch.context() as context:
        context.setattr(of_odoo, "clone", broken)
        talk.server.handle(REQUEST)
    talk.server.handle({**REQUEST, "number": 2})
    talk.server.reap(wait=True)
    assert talk.answered() == [{"number": 1, "code": -1}, {"number": 2, "code": 0}]
    assert "no room" in capsys.readouterr().err


def test_the_next_request_finds_a_copy_that_was_made_beside_the_tests(
    talk: Talk, databases: Done, monkeypatch: pytest.MonkeyPatch
) -> None:
    ends_with(0, monkeypatch)
    for number in (1, 2):
        talk.server.handle({**REQUEST, "number": number, "spare": True})
        talk.server.reap(wait=True)
    talk.server.spare.forget("a")
    assert databases.all.count("a -> b") == 1, "only the first one had to wait for a copy"
    assert databases.all.count(f"a -> {SPARE}") == 2
    assert databases.all.count(f"{SPARE} is b") == 1
    assert databases.all[-1] == f"drop {SPARE}"


def test_a_database_that_stays_is_copied_for_the_next_request_as_soon_as_it_is_there(
    talk: Talk, databases: Done, monkeypatch: pytest.MonkeyPatch
) -> None:
    ends_with(0, monkeypatch)
    talk.server.handle({**REQUEST, "keep": True, "spare": True})
    talk.server.reap(wait=True)
    talk.server.handle({**REQUEST, "number": 2, "template": "b", "database": "c"})
    talk.server.reap(wait=True)
    assert databases.all == ["a -> b", f"b -> {SPARE}", "drop c", f"{SPARE} is c", "drop c"]


@pytest.mark.parametrize("message", [{"drop": "a"}, {**REQUEST, "number": 2, "template": "x", "database": "a"}])
def test_a_copy_of_what_changes_is_not_used(
    talk: Talk, databases: Done, monkeypatch: pytest.MonkeyPatch, message: dict[str, Any]
) -> None:
    ends_with(0, monkeypatch)
    talk.server.handle({**REQUEST, "spare": True})
    talk.server.reap(wait=True)
    talk.server.handle(message)
    talk.server.reap(wait=True)
    talk.server.handle({**REQUEST, "number": 3})
    talk.server.reap(wait=True)
    assert f"drop {SPARE}" in databases.all
    assert databases.all.count("a -> b") == 2
    assert not any(" is " in line for line in databases.all)


@pytest.mark.parametrize("broken", ["clone", "open_as"])
def test_a_spare_copy_that_cannot_be_had_is_made_when_it_is_needed(
    talk: Talk, databases: Done, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    def fails(*names: str, closed: bool = False) -> None:
        if SPARE in names:
            raise RuntimeError("no room")
        databases.add(" -> ".join(names))

    monkeypatch.setattr(of_odoo, broken, fails)
    ends_with(0, monkeypatch)
    for number in (1, 2):
        talk.server.handle({**REQUEST, "number": number, "spare": number == 1})
        talk.server.reap(wait=True)
    assert talk.answered() == [{"number": 1, "code": 0}, {"number": 2, "code": 0}]
    assert databases.all.count("a -> b") == 2


class Proxy:
    """Like werkzeug's, which stands for the request of the moment."""

    def __getattribute__(self, name: str) -> object:
        raise RuntimeError("object is not bound")


class Qweb:
    """Odoo's class, as far as it matters here."""

    def _pregenerate_assets_bundles(self) -> list[str]:
        return ["web.assets_web"]


def test_web_assets_are_not_made_before_anybody_asks_for_them(monkeypatch: pytest.MonkeyPatch) -> None:
    class Extended(Qweb):
        pass

    odoo = SimpleNamespace(request=Proxy(), Qweb=Qweb, number=1, Other=int)
    monkeypatch.setattr(forkserver, "import_module", lambda name: odoo if name.endswith(".ir_qweb") else None)
    with monkeypatch.context() as context:
        context.setattr(Qweb, "_pregenerate_assets_bundles", Qweb._pregenerate_assets_bundles)  # is put back afterwards
        forkserver.make_no_bundles_beforehand()
        assert Extended()._pregenerate_assets_bundles() == []
    assert Extended()._pregenerate_assets_bundles() == ["web.assets_web"]
