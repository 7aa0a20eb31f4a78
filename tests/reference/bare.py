"""One module of the corpus in bare Odoo, and what its log says. Nothing of hub-runner judges here: it is what is judged."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass

from tests.e2e.lab import PATIENCE, Lab

LIMIT = 240.0  # seconds for one module: an installation of `base` and web assets take a fifth of it
_RESULT = re.compile(r"odoo\.tests\.(?:result|runner): \d+ failed, \d+ error\(s\) of (\d+) tests")
_FAILED = re.compile(r" (?:FAIL|ERROR): (?P<name>\S.*?)\s*$")
_PHASE = re.compile(r"(?P<phase>setUpClass|tearDownClass) \([\w.]*?(?P<name>\w+)\)")
_SERIES = re.compile(r"Odoo Server (\d+\.\d)")
_LOGGED = re.compile(
    r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d+ \d+ [A-Z]+ \S+ odoo\.(?:addons\.[\w.]+|tests\.suite):(?P<message>.*)"
)


@dataclass(frozen=True, kw_only=True)
class Bare:
    """``verdict`` is passed, failed, no tests, not installed, killed or time limit; ``failing`` are names of tests."""

    verdict: str
    exit_code: int
    tests: int = 0  # as Odoo counts them
    failing: tuple[str, ...] = ()


def series(lab: Lab) -> str:
    """Such as 19.0."""
    match = _SERIES.search(lab.compose("exec", "-T", "odoo", "odoo", "--version").decode())
    assert match, "odoo --version names no series"
    return match[1]


def tested(lab: Lab, module: str, *depends: str, number: int, demo: bool) -> Bare:
    """Installs ``module`` in a fresh database of its own and runs its tests; ``number`` keeps runs apart.

    ``demo`` says whether demo data needs a flag. The modules that it depends on lie beside it, and no others.
    """
    database, folder = f"bare{number}", f"/tmp/bare{number}"
    lab.copy(folder, module, *depends)
    command = (
        *("timeout", "--signal=KILL", f"{LIMIT:g}", "/entrypoint.sh", "odoo", "--database", database, "-i", module),
        *("--test-enable", "--test-tags", f"/{module}", "--stop-after-init", f"--addons-path={folder}"),
        *("--max-cron-threads=0", f"--http-port={20000 + number}", f"--db-filter=^{database}$"),
        *(("--with-demo",) if demo else ()),
    )
    begin = time.monotonic()
    exit_code, log = lab.run(command, patience=PATIENCE)
    late = time.monotonic() - begin >= LIMIT
    lab.sql(f"DROP DATABASE IF EXISTS {database} WITH (FORCE)")
    return judged(exit_code, log, late=late)


def judged(exit_code: int, log: str, *, late: bool = False) -> Bare:
    """What the exit code and the log say, in the words that whoever runs Odoo by hand would use."""
    result = list(_RESULT.finditer(log))
    tests, failing = int(result[-1][1]) if result else 0, _failing(log)
    if late:
        verdict = "time limit"
    elif exit_code == 0:
        verdict = "passed" if tests else "no tests"
    elif failing or exit_code == 1:
        verdict = "failed"
    else:
        verdict = "killed" if exit_code in (130, 137, 143) else "not installed"
    return Bare(verdict=verdict, exit_code=exit_code, tests=tests, failing=failing)


def _failing(log: str) -> tuple[str, ...]:
    found = set[str]()
    for line in log.splitlines():
        logged = _LOGGED.match(line)
        if logged and (match := _FAILED.match(logged["message"])):
            name = match["name"].removeprefix("Subtest ").partition(" [")[0].partition(" (<")[0]
            phase = _PHASE.fullmatch(name)
            found.add(f"{phase['name']}.{phase['phase']}" if phase else name.split(" ")[0])
    return tuple(sorted(found))
