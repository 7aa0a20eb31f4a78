"""One Odoo and one prepared database, in which module after module of the corpus is tested on a copy of its own."""

from __future__ import annotations

import io
import json
import os
import secrets
import subprocess
import tarfile
import time
from dataclasses import dataclass
from pathlib import Path

from hub_runner.checkout import modules, snapshot, testfiles
from hub_runner.checkout.closure import Closure
from hub_runner.odoo import command as odoo_command
from hub_runner.odoo.inside.load_order import MARKER
from hub_runner.result import Verdict
from hub_runner.settings import OWN_FOLDER, Settings
from hub_runner.verdict import judge
from tests.plans import plan_of

ROOT = Path(__file__).parents[2]
CORPUS = ROOT / "tests" / "corpus"
PREPARED = "prepared"
PREPARATION = ("-i", "base", "--stop-after-init", "--max-cron-threads=0")
FILES = ("--file", "docker-compose.agent.yml", "--file", "tests/e2e/lab.yml")
# `nox -s corpus` judges all of it; what the check leaves out are mistakes that static checks and unit tests see as well.
WHOLE_CORPUS = bool(os.environ.get("HUB_RUNNER_WHOLE_CORPUS"))
PATIENCE = 300.0  # seconds for one module: a shared machine may be slow, a hang must end


@dataclass(frozen=True, kw_only=True)
class Lab:
    """``project`` is the compose project, whose services must be up; ``environ`` what compose is called with."""

    project: str
    environ: dict[str, str]

    def compose(self, *words: str, stdin: bytes = b"", check: bool = True) -> bytes:
        command = ("docker", "compose", "--project-name", self.project, *FILES, *words)
        ended = subprocess.run(command, cwd=ROOT, env=self.environ, input=stdin, capture_output=True, check=False)
        if check and ended.returncode:
            raise RuntimeError(f"{command}: {ended.stderr.decode()}")
        return ended.stdout

    def run(self, command: tuple[str, ...], *, patience: float) -> tuple[int, str]:
        """The exit code of a command in the odoo container, and what it printed. ``patience`` is in seconds."""
        full = ("docker", "compose", "--project-name", self.project, *FILES, "exec", "-T", "odoo", *command)
        ended = subprocess.run(
            full,
            cwd=ROOT,
            env=self.environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=patience,
            check=False,
        )
        return ended.returncode, ended.stdout.decode(errors="replace")

    def sql(self, *statements: str) -> None:
        words = [word for statement in statements for word in ("--command", statement)]
        self.compose("exec", "-T", "db", "psql", "-q", "--username=odoo", "--dbname=postgres", *words)

    def prepare(self) -> None:
        """Installs base, and keeps the database as a template."""
        self.put("/tmp/launcher.pyz", odoo_command.launcher())
        arguments = ("--database", PREPARED, "--with-demo", *PREPARATION)
        self.compose("exec", "-T", "odoo", "python3", "/tmp/launcher.pyz", "/tmp/prepared", "fresh", *arguments)
        self.sql(
            f"ALTER DATABASE {PREPARED} WITH IS_TEMPLATE true ALLOW_CONNECTIONS false",
            f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{PREPARED}'",
        )

    def put(self, path: str, content: bytes) -> None:
        self.compose("exec", "-T", "odoo", "sh", "-c", f"cat > {path}", stdin=content)

    def copy(self, folder: str, *names: str) -> None:
        """Only these modules: a broken neighbour would be in the way of each other one."""
        self.compose("exec", "-T", "odoo", "sh", "-c", f"mkdir {folder} && tar x -C {folder}", stdin=_packed(names))

    def test(self, name: str, *depends: str, number: int = 0, until: str = "", **settings: object) -> Verdict:
        """The verdict on a module. Its process is killed once its record holds ``until``."""
        database, folder, record = f"t{number}", f"/tmp/t{number}", f"/tmp/t{number}.record"
        self.sql(f"CREATE DATABASE {database} TEMPLATE {PREPARED}")
        self.copy(folder, name, *depends)
        module = _module(name)
        addons_path = (f"--addons-path={folder}",) if module.folder.is_dir() else ()  # up to 18.0 an empty one is refused
        chosen = Settings(root=ROOT, odoo_args=addons_path, **settings)  # type: ignore[arg-type]
        arguments = odoo_command.odoo_arguments(module, chosen, database=database)
        command = ("exec", "-T", "odoo", "python3", "/tmp/launcher.pyz", record, "prepared", *arguments)
        execution = self._execute(command, record, until)
        self.sql(f"DROP DATABASE {database} WITH (FORCE)")
        files = snapshot.files(module) if module.folder.is_dir() else {}
        closure = Closure(local=(module, *map(_module, depends)), core=())
        return judge(plan_of(module, chosen, test_files=testfiles.scan(files), closure=closure), execution)

    def _execute(self, command: tuple[str, ...], record: str, until: str) -> odoo_command.Execution:
        full = ("docker", "compose", "--project-name", self.project, *FILES, *command)
        secret = secrets.token_hex().encode()
        with subprocess.Popen(
            full, cwd=ROOT, env=self.environ, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        ) as process:
            try:
                assert process.stdin
                process.stdin.write(secret)
                process.stdin.close()
                process.stdin = None
                killed = bool(until) and self._kill_at(until, record)
                output = process.communicate(timeout=PATIENCE)[0]
            except BaseException:
                process.kill()
                raise
        recorded = self.compose("exec", "-T", "odoo", "cat", record, check=False)
        return odoo_command.Execution(
            exit_code=process.returncode, record=recorded, timed_out=killed, secret=secret, tail=output[-65536:]
        )

    def _kill_at(self, until: str, record: str) -> bool:
        """Waits for ``until`` in the record: that is where a hanging test hangs."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            recorded = self.compose("exec", "-T", "odoo", "cat", record, check=False)
            if until.encode() in recorded:
                pid = json.loads(recorded.splitlines()[0])["pid"]
                self.compose("exec", "-T", "odoo", "sh", "-c", f"kill -KILL {pid}")
                return True
            time.sleep(0.2)
        raise TimeoutError(f"{until!r} never appeared in {recorded.decode()}")


def confirm(folder: Path, module: str, *failures: str) -> None:
    """As after a cold start that failed in the same tests: a red verdict in ``folder`` needs no second opinion then.

    tests/e2e/test_warm.py looks at second opinions.
    """
    path = folder / OWN_FOLDER / "second-opinions.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps({module: dict.fromkeys(failures, time.time())}), encoding="utf-8")


def environment(odoo_image: str, db_image: str) -> dict[str, str]:
    images = {"HUB_RUNNER_ODOO_IMAGE": odoo_image, "HUB_RUNNER_DB_IMAGE": db_image}
    return {**os.environ, **images, "HUB_RUNNER_PORT": "0"}  # any free port: nobody asks for it


def _module(name: str) -> modules.Module:
    folder = CORPUS / name
    return modules.read(folder) if folder.is_dir() else modules.Module(name=name, folder=folder, manifest={})


def _packed(names: tuple[str, ...]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        tar.addfile(tarfile.TarInfo(MARKER))
        for name in names:
            if (CORPUS / name).is_dir():
                tar.add(CORPUS / name, arcname=name)
    return buffer.getvalue()
