"""The four ways to test traction, each as a command whose time counts."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.timing import Failed, environment, timed
from hub_runner.engine import images as engine_images
from hub_runner.engine.client import connect
from hub_runner.engine.model import DATABASE
from hub_runner.settings import load
from hub_runner.warm import making
from hub_runner.warm.store import databases

MODULE = "traction"
PROJECT = "hub-agent-bench-bare"


@dataclass(frozen=True)
class Contest:
    """``work`` is a folder for all that is written meanwhile."""

    work: Path

    @property
    def log(self) -> Path:
        return self.work / "bench.log"

    @property
    def images(self) -> dict[str, str]:
        """What the plain way must be told, for it has no stand-ins."""
        chosen = engine_images.choose(load(Path.cwd()), connect().client)
        return {"HUB_RUNNER_ODOO_IMAGE": chosen.odoo, "HUB_RUNNER_DB_IMAGE": chosen.db}

    @property
    def demo(self) -> str:
        """Up to 18.0 demo data comes by itself."""
        series = self.images["HUB_RUNNER_ODOO_IMAGE"].rpartition(":")[2]
        return "--with-demo" if not series.startswith(("16", "17", "18")) else ""

    def plain(self, tries: int = 3) -> float:
        """Odoo's server and the test process share a database there (incident I6): a round that fails is run again."""
        environ = environment(self.work, **self.images, ODOO_ARGS=self.demo, LOG=str(self.work / "plain.log"))
        try:
            return timed(("bench/plain.sh", MODULE), environ, log=self.log)
        except Failed as failure:
            if tries == 1:
                raise
            print(failure, flush=True)
            return self.plain(tries - 1)

    def warm(self) -> float:
        return timed(nox(MODULE), environment(self.work), log=self.log)

    def cold(self) -> float:
        return timed(nox(MODULE, "--cold"), environment(self.work), log=self.log)

    def result(self) -> dict[str, Any]:
        """Of the latest run."""
        document: dict[str, Any] = json.loads((self.work / "result.json").read_text(encoding="utf-8"))
        return document


def nox(*arguments: str) -> tuple[str, ...]:
    return (sys.executable, "-m", "nox", "--session", "test", "--", *arguments)


class Bare:
    """Containers with the prepared database of the latest warm run, and one command in them."""

    def __init__(self, contest: Contest, container: str, filestore: str) -> None:
        self._contest, self._container, self._filestore, self._count = contest, container, filestore, 0

    def __call__(self) -> float:
        """A copy of the database and its files for each round, made beforehand."""
        self._count += 1
        name, contest = f"bare_{self._count}", self._contest
        environ, database = environment(contest.work), f"{PROJECT}-db-1"
        statements = (
            f"ALTER DATABASE {DATABASE} WITH ALLOW_CONNECTIONS false",
            f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{DATABASE}'",
            f"CREATE DATABASE {name} TEMPLATE {DATABASE}",
        )
        words = [word for statement in statements for word in ("--command", statement)]
        copy = ("docker", "exec", database, "psql", "--username", "odoo", "--dbname", "postgres", *words)
        timed(copy, environ, log=contest.log)
        timed(
            ("docker", "exec", self._container, "sh", "-c", f"cd {self._filestore}; cp -r {DATABASE} {name}"),
            environ,
            log=contest.log,
        )
        return timed(("docker", "exec", self._container, *self._command(name)), environ, log=contest.log)

    def _command(self, database: str) -> tuple[str, ...]:
        demo = (self._contest.demo,) if self._contest.demo else ()
        options = ("--database", database, "-i", MODULE, *demo, "--test-enable", "--test-tags", f"/{MODULE}")
        more = (
            "--stop-after-init",
            "--http-port",
            "8070",
            "--max-cron-threads",
            "0",
            "--db_host",
            "db",
            "--db_user",
            "odoo",
        )
        return ("sh", "-c", 'exec odoo "$@" --db_password "$PASSWORD"', "odoo", *options, *more)


@contextmanager
def bare(contest: Contest) -> Iterator[Bare]:
    contest.warm()
    prepared = next(it for it in databases(connect()) if str(it) == contest.result()["run"]["warm"])
    images = {**contest.images, "HUB_RUNNER_DB_IMAGE": prepared.reference}
    environ = environment(contest.work, **images, HUB_RUNNER_PORT="8109")
    compose = ("docker", "compose", "--project-name", PROJECT, "--file", "docker-compose.agent.yml")
    try:
        timed((*compose, "up", "--detach", "--wait"), environ, log=contest.log)
        odoo, filestore = f"{PROJECT}-odoo-1", prepared.label["filestore"]
        making.lay_out_files(connect(), filestore, odoo=odoo, db=f"{PROJECT}-db-1")
        yield Bare(contest, odoo, filestore)
    finally:
        with suppress(SystemExit):
            timed((*compose, "down", "--volumes", "--timeout", "0"), environ, log=contest.log)
