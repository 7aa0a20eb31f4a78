"""From a Ctrl-C in the middle of the tests to the moment when nothing is left."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from bench.contestants import MODULE, Contest, nox
from bench.timing import ROOT, Failed, environment
from hub_runner.engine.client import connect

TESTING = b"odoo.modules.loading: loading"  # Odoo's test process has begun to install


def plain(contest: Contest) -> float:
    environ = environment(contest.work, **contest.images, ODOO_ARGS=contest.demo, LOG=str(contest.work / "plain.log"))
    return struck(("bench/plain.sh", MODULE), environ, contest.work / "plain.log", "hub-agent-bench-", contest.log)


def ours(contest: Contest) -> float:
    log = contest.work / "proof_of_execution_tests.log"
    return struck(nox(MODULE), environment(contest.work), log, "hub-agent-test-", contest.log)


def struck(command: Sequence[str], environ: Mapping[str, str], log: Path, name: str, said: Path, tries: int = 3) -> float:
    """Seconds from the signal until the command has ended and the engine has nothing of it. A terminal signals its group.

    One that ends by itself before that (incident I6 hits the plain script) is run again.
    """
    log.unlink(missing_ok=True)
    with said.open("ab") as out:
        process = subprocess.Popen(
            command, cwd=ROOT, env=environ, stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True
        )
    try:
        _wait(lambda: process.poll() is not None or (log.exists() and TESTING in log.read_bytes()), 300)
        if process.poll() is not None:
            if tries == 1:
                raise Failed(
                    f"{' '.join(command)} ended with {process.returncode} before it could be interrupted: see {said}"
                )
            return struck(command, environ, log, name, said, tries - 1)
        begin = time.monotonic()
        os.killpg(process.pid, signal.SIGINT)
        _wait(lambda: process.poll() is not None and not _containers(name), 120)
        return time.monotonic() - begin
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGTERM)


def _containers(name: str) -> list[str]:
    return [
        str(it["Names"]) for it in connect().api.containers(all=True) if name in str(it["Names"]) and "-bare-" not in str(it)
    ]


def _wait(until: Callable[[], bool], seconds: float) -> None:
    end = time.monotonic() + seconds
    while not until():
        if time.monotonic() > end:
            sys.exit("The benchmark waited in vain: look at what the run says.")
        time.sleep(0.02)
