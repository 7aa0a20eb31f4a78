"""Failures of a run that is being started which another try may not meet again: somebody pruned the engine, or restarted it.

A full disk, a lack of addresses or lost firewall rules are none of these: they stay until a person does something.
"""

from __future__ import annotations

import re

import docker.errors
import requests.exceptions

from hub_runner.engine.client import Failures
from hub_runner.errors import Disturbed

# In what compose says.
_OF_COMPOSE = re.compile(
    r"No such (?:image|container|volume)|no such volume|network \S+ (?:not found|was found but has incorrect label)"
    r"|Cannot connect to the Docker daemon|error during connect|unexpected EOF|marked for removal|removal of container",
    re.IGNORECASE,
)
# In the cause of a container's death, as engine/container_death.py tells it.
_OF_DEATH = re.compile(r"removed from outside|gone: |as containers do if the engine itself ends")


def stopped_compose(output: str) -> bool:
    """Whether compose failed because something was removed, or the engine went away, while it worked."""
    return bool(_OF_COMPOSE.search(output))


def killed(cause: str | None) -> bool:
    """Whether a container ended because somebody removed it, or because the engine ended. A kill alone is meant."""
    return bool(cause and _OF_DEATH.search(cause))


def may_be_over(error: BaseException) -> bool:
    """Whether what stopped a run may be met no more: something is gone that can be made anew, or the engine restarted."""
    if isinstance(error, docker.errors.APIError):
        return isinstance(error, docker.errors.NotFound)
    if isinstance(error, requests.exceptions.Timeout):  # an engine that is slow would be slow again
        return False
    return isinstance(error, (Disturbed, *Failures))
