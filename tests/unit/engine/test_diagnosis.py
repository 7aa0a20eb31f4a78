"""What is wrong with the containers of a run, told from what the engine shows."""

from __future__ import annotations

import math
from typing import Any, cast

import pytest

from hub_runner.engine.client import Engine
from hub_runner.engine.container import Container
from hub_runner.engine.container_death import Event
from hub_runner.engine.diagnosis import Diagnosis
from hub_runner.engine.resources import Resource


class Shown(Engine):
    """An engine that shows these containers, by service."""

    def __init__(self, **containers: dict[str, Any]) -> None:
        self.containers = containers
        self.logs: dict[str, str] = {}

    def service(self, run_id: str, service: str) -> Container | None:
        state = self.containers.get(service)
        variables = ["ODOO_RC=/etc/odoo/odoo.conf", "ODOO_ADMIN_PASSWD=secret", "HOST=db"]
        shown = {"Id": f"{run_id}-{service}-1", "State": state, "Config": {"Env": variables}}
        return cast(Container, shown) if state else None

    def of_run(self, run_id: str) -> list[Resource]:
        return [Resource("container", f"{run_id}-{it}-1", f"{run_id}-{it}-1", {}) for it in self.containers]

    def events(self, container: str) -> list[Event]:
        return []

    def last_lines(self, container: str, lines: int) -> str:
        return self.logs.get(container, f"words of {container}")


RUNNING = {"Status": "running", "ExitCode": 0}
FAILED = {"Status": "exited", "ExitCode": 3}


def diagnosis(engine: Shown, *services: str) -> Diagnosis:
    return Diagnosis(engine=engine, run_id="run", services=services or ("odoo", "db"), environ={})


def test_nothing_is_wrong_with_what_runs_or_has_done_its_work() -> None:
    engine = Shown(odoo=RUNNING, db=RUNNING, once={"Status": "exited", "ExitCode": 0})
    assert diagnosis(engine, "odoo", "db", "once").death() is None


def test_a_database_that_ended_is_blamed_before_the_odoo_that_it_took_along() -> None:
    engine = Shown(odoo=FAILED, db={"Status": "exited", "ExitCode": 2})
    assert diagnosis(engine).death() == "db: exited with 2"


def test_the_error_in_its_log_is_told_with_it() -> None:
    engine = Shown(odoo=RUNNING, db=FAILED)
    engine.logs["run-db-1"] = 'FATAL:  could not open file\nFATAL:  database "odoo" does not exist\n'
    assert diagnosis(engine).death() == "db: exited with 3. Its log says: FATAL:  could not open file"


def test_an_odoo_that_ended_in_good_order_has_ended_all_the_same() -> None:
    assert diagnosis(Shown(odoo={"Status": "exited", "ExitCode": 0}, db=RUNNING)).death() == "odoo: exited with 0"


@pytest.mark.parametrize("containers", [{}, {"odoo": {"Status": "created", "ExitCode": 126}}])
def test_what_was_never_started_is_not_gone(containers: dict[str, Any]) -> None:
    engine = Shown(**containers)
    assert diagnosis(engine).death(was_up=False) is None
    assert "gone" in str(diagnosis(engine, "db").death())


def test_the_first_line_of_a_failure_is_its_cause_and_the_logs_are_those_of_what_ended() -> None:
    failure = str(diagnosis(Shown(odoo=RUNNING, db=FAILED)).failure("It did not start: a cause."))
    assert failure.splitlines()[0] == "It did not start: a cause."
    assert "words of run-db-1" in failure
    assert "words of run-odoo-1" not in failure


def test_the_logs_of_all_are_shown_if_none_ended() -> None:
    failure = str(diagnosis(Shown(odoo=RUNNING, db=RUNNING)).failure("Too late"))
    assert "words of run-db-1" in failure
    assert "words of run-odoo-1" in failure


def test_ill_health_is_told_with_the_last_healthcheck_and_the_log() -> None:
    probe = {"Status": "unhealthy", "Log": [{"Output": "curl: (7) refused\n\ncurl: (7) refused\n"}]}
    engine = Shown(odoo={**RUNNING, "Health": probe}, db=RUNNING)
    engine.logs["run-odoo-1"] = "CRITICAL it broke"
    words = diagnosis(engine).ill_health()
    assert words == "the last healthcheck said: curl: (7) refused. Its log says: CRITICAL it broke."


def test_what_compose_waits_for_is_named() -> None:
    engine = Shown(odoo=RUNNING, db={**RUNNING, "Health": {"Status": "starting", "Log": None}})
    assert diagnosis(engine).unready() == "the service db is running and starting"
    assert diagnosis(Shown(odoo=RUNNING, db=RUNNING)).unready() is None


def test_a_service_whose_work_is_done_is_not_what_compose_waits_for() -> None:
    engine = Shown(once={"Status": "exited", "ExitCode": 0}, odoo=RUNNING, db={"Status": "created", "ExitCode": 0})
    assert diagnosis(engine, "once", "odoo", "db").unready() == "the service db is created and healthy"


def test_the_names_of_odoos_variables_are_known_and_no_value() -> None:
    assert diagnosis(Shown(odoo=RUNNING)).odoo_variables() == {"ODOO_RC", "ODOO_ADMIN_PASSWD"}
    assert diagnosis(Shown()).odoo_variables() == frozenset()


class Late(Shown):
    """An engine that tells at the third question only what has become of a service."""

    def __init__(self, **containers: dict[str, Any]) -> None:
        super().__init__(odoo=RUNNING, db=RUNNING)
        self.late = containers
        self.questions = 0

    def service(self, run_id: str, service: str) -> Container | None:
        if service == "odoo":
            self.questions += 1
        if self.questions == 3:
            self.containers |= self.late
        return super().service(run_id, service)


@pytest.mark.parametrize(
    "later", [{"odoo": {"Status": "exited", "ExitCode": 137}}, {"db": FAILED}, {"odoo": {**RUNNING, "OOMKilled": True}}]
)
def test_what_the_engine_tells_after_the_end_of_a_process_is_awaited(later: dict[str, Any]) -> None:
    engine = Late(**later)
    found = diagnosis(engine)
    assert found.death() is None
    found.await_cause()
    assert found.death() or found.out_of_memory()


def test_a_process_that_was_killed_alone_is_not_waited_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hub_runner.engine.diagnosis.LATE", 0.1)
    found = diagnosis(Shown(odoo=RUNNING, db=RUNNING))
    found.await_cause()
    assert found.death() is None


class Stopping(Shown):
    """An engine that is in the middle of `docker stop`, which it tells at its last question."""

    def __init__(self, last: float) -> None:
        super().__init__(odoo={"Status": "exited", "ExitCode": 137}, db=RUNNING)
        self.last, self.questions = last, 0

    def events(self, container: str) -> list[Event]:
        self.questions += 1
        told: list[Event] = [{"Action": "kill", "Actor": {"Attributes": {"signal": number}}} for number in ("15", "9")]
        told.append({"Action": "stop" if self.questions >= self.last else "die"})
        return told


def test_a_container_that_is_being_stopped_was_not_killed() -> None:
    """The run said "killed from outside with SIGKILL" if it asked before the engine had told the rest."""
    assert diagnosis(Stopping(last=3)).death() == "odoo: stopped from outside (exit code 137)"


def test_a_container_of_which_no_more_is_told_is_not_waited_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hub_runner.engine.diagnosis.LATE", 0.1)
    assert diagnosis(Stopping(last=math.inf)).death() == "odoo: killed from outside with SIGKILL (exit code 137)"
