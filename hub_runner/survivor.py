"""A process that outlives the one that starts it, also where a CI system kills all that a job has left."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from hub_runner.errors import EnvironmentFailure

# GitHub, Azure and Jenkins kill every process that carries these when a job is over, wherever it has gone.
CI_MARKS = {"RUNNER_TRACKING_ID", "VSTS_PROCESS_LOOKUP_ID", "JENKINS_NODE_COOKIE", "BUILD_ID"}


def started(words: tuple[str, ...], *, holding: int) -> subprocess.Popen[bytes]:
    """``python -m WORDS`` in a session of its own, with a pipe to its input; it holds the descriptor ``holding``, too.

    Raises EnvironmentFailure where no process can be made.
    """
    package = str(Path(__file__).parent.parent)
    environ = {key: value for key, value in os.environ.items() if key not in CI_MARKS}
    environ["PYTHONPATH"] = os.pathsep.join(filter(None, (package, os.environ.get("PYTHONPATH"))))
    try:
        return subprocess.Popen(
            (sys.executable, "-m", *words),
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            pass_fds=(holding,),
            start_new_session=True,
            cwd="/",
            env=environ,
        )
    except OSError as error:
        raise EnvironmentFailure(
            f"The process that guards the cleanup could not be started: {error}. Nothing was begun without it. Look at the "
            "limits of processes and memory (`ulimit -a`), and whether this Python is still there."
        ) from error
