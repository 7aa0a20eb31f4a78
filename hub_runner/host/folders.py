"""The folders of this machine that runs keep things in: one of all users, and this user's own. Standard library only."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from hub_runner.errors import EnvironmentFailure


def state_folder(environ: Mapping[str, str] = os.environ) -> Path:
    """The folder in which the runs of all users of this host see each other.

    It is not TMPDIR, because that differs from one agent or login to the next.
    """
    return Path(environ.get("HUB_RUNNER_STATE") or "/tmp/hub-runner")  # noqa: S108  # shared on purpose, sticky


def home() -> Path:
    """This user's own folder. Raises EnvironmentFailure if this machine does not know the user, and HOME is not set."""
    try:
        return Path.home()
    except RuntimeError as error:
        raise EnvironmentFailure(
            f"This user (uid {os.getuid()}) has no home folder: set HOME to a folder that it can write."
        ) from error


def cache_folder(environ: Mapping[str, str] = os.environ) -> Path:
    """This user's own folder for what can be made anew, such as what an image was found to hold.

    It lies where the XDG base directory specification puts it. Nobody else can put anything into it. Raises
    EnvironmentFailure as ``home`` does.
    """
    base = environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else home() / ".cache") / "hub-runner"
