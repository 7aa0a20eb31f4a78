"""What a second try may survive, and what it would only meet again."""

from __future__ import annotations

import docker.errors
import pytest
import requests
import requests.exceptions
import urllib3.exceptions

from hub_runner.engine import disturbance
from hub_runner.errors import Disturbed, EnvironmentFailure, NoFreePort, UsageError


def refusal(kind: type[docker.errors.APIError], status: int) -> docker.errors.APIError:
    response = requests.Response()
    response.status_code = status
    return kind("refused", response=response, explanation="refused")


@pytest.mark.parametrize(
    "error",
    [
        Disturbed("the odoo container is gone"),
        refusal(docker.errors.NotFound, 404),
        refusal(docker.errors.ImageNotFound, 404),
        requests.exceptions.ConnectionError("refused"),
        urllib3.exceptions.ProtocolError("broken off"),
    ],
    ids=lambda it: type(it).__name__,
)
def test_what_was_removed_or_restarted_may_be_there_the_next_time(error: Exception) -> None:
    assert disturbance.may_be_over(error)


@pytest.mark.parametrize(
    "error",
    [
        EnvironmentFailure("the disk is full"),
        refusal(docker.errors.APIError, 500),
        requests.exceptions.ReadTimeout("slow"),
        NoFreePort("all are taken"),
        UsageError("a wrong setting"),
        AssertionError("a defect"),
    ],
    ids=lambda it: type(it).__name__,
)
def test_anything_else_would_be_met_again(error: Exception) -> None:
    assert not disturbance.may_be_over(error)


@pytest.mark.parametrize(
    "output",
    [
        "Error response from daemon: No such image: hub-runner/cache:0123",
        "Error response from daemon: network 0123 not found",
        "network hub_default was found but has incorrect label com.docker.compose.network",
        "Error response from daemon: No such container: 0123",
        "Error response from daemon: get hub_db: no such volume",
        "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?",
        "error during connect: this error may indicate that the docker daemon is not running",
        "unexpected EOF",
    ],
)
def test_compose_that_was_disturbed_is_known_by_its_words(output: str) -> None:
    assert disturbance.stopped_compose(f" Container x  Creating\n{output}\n")


@pytest.mark.parametrize(
    "output",
    [
        "write /var/lib/docker/x: no space left on device",
        "all predefined address pools have been fully subnetted",
        "iptables failed: No chain/target/match by that name.",
        'unknown log driver "x"',
    ],
)
def test_what_lasts_is_no_disturbance(output: str) -> None:
    assert not disturbance.stopped_compose(output)


@pytest.mark.parametrize(
    ("cause", "disturbed"),
    [
        ("odoo: removed from outside", True),
        ("db: gone: somebody removed it, or the engine lost it", True),
        ("db: exited with 255, as containers do if the engine itself ends", True),
        ("odoo: killed from outside with SIGKILL (exit code 137)", False),
        ("odoo: out of memory, so the kernel killed it", False),
        ("odoo: exited with 3. Its log says: ERROR", False),
        (None, False),
    ],
)
def test_of_the_dead_only_those_that_were_removed_get_a_second_try(cause: str | None, disturbed: bool) -> None:
    assert disturbance.killed(cause) is disturbed
