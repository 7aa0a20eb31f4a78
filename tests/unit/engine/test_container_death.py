"""Why a container ended is said only as far as the engine knows it (U4)."""

from __future__ import annotations

from typing import Any, cast

import pytest

from hub_runner.engine.container import State
from hub_runner.engine.container_death import Event, cause_of_death, is_still_told


def event(action: str, **attributes: str) -> Event:
    return {"Action": action, "Actor": {"Attributes": attributes}}


def ended(code: int, **more: Any) -> State:
    return cast(State, {"Status": "exited", "ExitCode": code, **more})


@pytest.mark.parametrize(
    ("state", "events", "words"),
    [
        (ended(3), [event("die")], "exited with 3"),
        (ended(0), [], "exited with 0"),
        (ended(137, OOMKilled=True), [event("oom"), event("die")], "out of memory, so the kernel killed it (exit code 137)"),
        (ended(137), [event("oom"), event("die")], "out of memory, so the kernel killed it (exit code 137)"),
        (ended(137), [event("kill", signal="9"), event("die")], "killed from outside with SIGKILL (exit code 137)"),
        (ended(143), [event("kill", signal="15"), event("die")], "killed from outside with SIGTERM (exit code 143)"),
        (ended(137), [event("kill", signal="15"), event("die"), event("stop")], "stopped from outside (exit code 137)"),
        (ended(137), [event("die")], "ended by SIGKILL (exit code 137), which did not come through the engine"),
        (ended(139), [event("die")], "ended by SIGSEGV (exit code 139), which did not come through the engine"),
        (ended(137), [], "ended by SIGKILL (exit code 137); the engine no longer knows who sent it"),
        (ended(255), [], "exited with 255, as containers do if the engine itself ends"),
        (ended(200), [], "exited with 200"),
        (None, [event("kill", signal="9"), event("die"), event("destroy")], "removed from outside"),
        (None, [event("oom"), event("destroy")], "out of memory, so the kernel killed it"),
        (ended(137) | {"Status": "removing"}, [event("kill", signal="9")], "removed from outside"),
        (None, [], "gone: somebody removed it, or the engine lost it"),
        (ended(137), [event("kill", signal="")], "killed from outside with signal  (exit code 137)"),
    ],
)
def test_the_cause_is_the_engines(state: State | None, events: list[Event], words: str) -> None:
    assert cause_of_death(state, events) == words


def test_137_alone_is_never_called_a_want_of_memory() -> None:
    assert "memory" not in cause_of_death(ended(137), [])


KILL, TERM, DIE = event("kill", signal="9"), event("kill", signal="15"), event("die")


@pytest.mark.parametrize(
    ("state", "events", "more"),
    [
        (ended(137), [TERM, KILL, DIE], True),  # `docker stop` tells that it was one when it comes to its end
        (ended(143), [TERM, DIE, event("stop")], False),
        (ended(137), [KILL, DIE], False),
        (ended(137) | {"Status": "removing"}, [TERM, KILL, DIE], False),
        (None, [KILL, DIE], True),  # it is being removed
        (None, [KILL, DIE, event("destroy")], False),
        (None, [], False),
        (ended(3), [DIE], False),
    ],
)
def test_the_engine_is_asked_again_while_it_has_not_told_all(state: State | None, events: list[Event], more: bool) -> None:
    assert is_still_told(state, events) is more
