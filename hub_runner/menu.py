"""What a noxfile needs: a session for each verb that people type often, and one for each module of the checkout.

Only nox's own environment is there when it runs: the standard library and what nox brings (virtualenv, filelock).
"""

from __future__ import annotations

import logging
import os
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from hub_runner import settings
from hub_runner.checkout import modules
from hub_runner.cli import forget_proof, output_in
from hub_runner.errors import UsageError
from hub_runner.host import parent_watch, signals
from hub_runner.machine.session_environment import bytecode, python
from hub_runner.text import one_line, say

if TYPE_CHECKING:
    import nox

# The sessions of every repository, by the verb of `python -m hub_runner`, each with the help that `nox -l` shows. A session
# has the name of its verb; `run` alone is called `test`.
SESSIONS = {
    "run": "Test modules, each in a throw-away environment: nox -s test -- MODULE...",
    "watch": "Keep an environment, and test a module again at each save: nox -s watch -- MODULE",
    "shell": "Open Odoo's shell on a throw-away database with a module installed: nox -s shell -- MODULE",
    "uat": "A lasting environment for people: nox -s uat -- start|stop|status|reset|url [--modules A,B] [--update]",
    "setup": "Make this machine able to run: find, start or install a Docker engine, get the images",
    "doctor": "Show what a run would meet here: engine, images, ports and their holders, orphans, disk",
    "lint-module": "Find mistakes in modules' files within a second, without Odoo: nox -s lint-module [-- MODULE...]",
    "prepare": "Make prepared databases before anyone waits: nox -s prepare [-- MODULE... | --all]",
    "clean": "Remove what dead runs left: nox -s clean [-- [--all] [--kept] [--older-than HOURS] [--caches]]",
}
# Seconds that a session's process may take to end after an interrupt that nox got alone, and after that.
INTERRUPT_TIMEOUT, TERMINATE_TIMEOUT = 0.5, 60.0


class Noise(logging.Filter):
    """Drops what nox says beside hub-runner's own words: that uv is not there, and the command that it runs.

    nox repeats the whole command when that fails. ``Session test failed.`` stays.
    """

    COMMAND = re.compile(r"(?:Command )?\S*python\S* -m hub_runner \w")

    def filter(self, record: logging.LogRecord) -> bool:
        text = record.getMessage()
        return text != "uv binary not found." and not self.COMMAND.match(text)


def add_sessions(start: Path | None = None) -> None:
    """Adds the sessions of every repository, and ``test-MODULE`` for each module of the checkout around ``start``.

    nox reads its noxfile in the noxfile's own folder, so ``start`` is that folder by default.
    """
    signals.heed_children()
    logging.getLogger("nox").addFilter(Noise())
    for verb, description in SESSIONS.items():
        _add("test" if verb == "run" else verb, description, verb)
    offered = dict(listed(start or Path.cwd()))
    for name, summary in offered.items():
        _add(f"test-{name}", summary or "(its manifest has no summary)", "run", name)
    for name in asked(sys.argv[1:]):
        if name not in offered:
            _add(f"test-{name}", "(there is no such module)", "run", name)


def asked(words: Sequence[str]) -> Iterator[str]:
    """The modules whose sessions a command line of nox names: a run says better than nox what is wrong with one."""
    for word in words[: words.index("--") if "--" in words else None]:
        if found := re.fullmatch(rf"(?:--sessions?=|-s)?test-({modules.NAME.pattern})", word):
            yield found[1]


def _add(name: str, description: str, verb: str, *modules: str) -> None:
    import nox

    def session(session: nox.Session) -> None:
        # In `nox -s setup test -- MODULE` what follows the dashes is for the test.
        run(session, verb, *modules, *(session.posargs if verb != "setup" else ()))

    session.__doc__ = description
    nox.session(name=name, default=name == "test")(session)


def listed(start: Path) -> Iterator[tuple[str, str]]:
    """Name and summary of every module that a run would accept.

    Nothing if the settings are wrong: the message goes to standard error, and each session says the same.
    """
    try:
        found = modules.catalogue(settings.load(start).addons_folders).summaries()
        yield from ((name, one_line(summary)) for name, summary in found if modules.NAME.fullmatch(name))
    except UsageError as error:
        say(f"hub-runner: {error}")  # the menu has no other place for it


def run(session: nox.Session, verb: str, *arguments: str) -> None:
    """Runs ``python -m hub_runner VERB ARGUMENTS``; nox waits for its cleanup when it is interrupted.

    If nox alone was told to end (a CI system cancels so), the runner hears of it half a second later; if both were told, a
    second signal does no harm. If nox's own caller asks for it (``scripts/run-tests.sh``), nox ends with that caller, and
    the runner with nox. An interrupt ends nox also if it was ignored from the start, as in a script's background job.
    """
    parent_watch.follow()
    signals.heed_interrupts()
    interpreter = _python(session, verb, *arguments)
    session.run(
        interpreter,
        "-m",
        "hub_runner",
        verb,
        *arguments,
        external=True,
        stderr=None,  # apart from standard output, which may be JSON
        env={"HUB_RUNNER_PARENT": str(os.getpid()), **bytecode(interpreter)},
        interrupt_timeout=INTERRUPT_TIMEOUT,
        terminate_timeout=TERMINATE_TIMEOUT,
    )


def _python(session: nox.Session, verb: str, *arguments: str) -> str:
    """The interpreter for ``hub_runner VERB ARGUMENTS``. If there is none, an older log must not be taken for this run's."""
    try:
        return python(session)
    except BaseException as error:
        reason = f"the environment of nox's session could not be made: {str(error) or repr(error)}"
        if verb == "run":
            forget_proof(output_in(list(arguments)), reason)
        if isinstance(error, (UsageError, OSError)):
            session.error(reason.removesuffix("."))
        raise


# Two at a time, however many cores there are; files stay whole. tests/conftest.py says who does what.
BESIDE = ("--numprocesses=2", "--no-loadscope-reorder")


def check(session: nox.Session) -> None:
    """Everything that must hold before a change lands. What follows ``--`` goes to pytest, and lifts the coverage floor."""
    lint(session)
    _tool(session, "coverage", "erase")
    _tool(session, "coverage", "run", "-m", "pytest", *(session.posargs or BESIDE))
    _tool(session, "coverage", "combine", "--quiet")
    _tool(session, "coverage", "report", *(["--fail-under=0"] if session.posargs else []))


def lint(session: nox.Session) -> None:
    """Style, format, types, and the arrows between the rooms."""
    _tool(session, "ruff", "check")
    _tool(session, "ruff", "format", "--check")
    _tool(session, "mypy")
    _tool(session, "lint-imports")


def format_sources(session: nox.Session) -> None:
    """Lets ruff mend what it can, and formats the rest."""
    _tool(session, "ruff", "check", "--fix")
    _tool(session, "ruff", "format")


def unit(session: nox.Session) -> None:
    """The unit tests, in an environment of nox's own: for each Python that can be had."""
    session.install("--quiet", "--editable", ".", "--group", "test")
    session.run("python", "-m", "pytest", "tests/unit", *session.posargs)


def pages(session: nox.Session) -> None:
    """report.html in headless Chromium, with axe-core; the screenshots that it leaves are for people."""
    from hub_runner.machine.session_environment import parent_folder

    folder = parent_folder(session) / "pages"
    folder.mkdir(parents=True, exist_ok=True)
    quiet = ("--silent", "--no-audit", "--no-fund", "--ignore-scripts")
    session.run("npm", "install", *quiet, "--prefix", str(folder), "axe-core@4", external=True)
    axe = folder / "node_modules" / "axe-core" / "axe.min.js"
    session.log(f"Screenshots: {folder}")
    session.run(
        python(session, "pages"),
        *("-m", "pytest", "tests/pages", *session.posargs),
        external=True,
        env={"AXE_CORE": str(axe), "PAGES": str(folder)},
    )


def chaos(session: nox.Session) -> None:
    """Kills runs of stand-ins, hundreds of them; what follows ``--`` is for it."""
    _tool(session, "python", "-m", "tests.chaos", *session.posargs)


def corpus(session: nox.Session) -> None:
    """The corpus as hub-runner judges it; after ``-- --reference`` as bare Odoo does, beside its stored answers."""
    words = list(session.posargs)
    if "--reference" in words:
        words.remove("--reference")
        _tool(session, "python", "-m", "tests.reference", *words)
    else:
        session.env["HUB_RUNNER_WHOLE_CORPUS"] = "1"
        _tool(session, "python", "-m", "pytest", "tests/e2e/test_corpus.py", *words)


def bench(session: nox.Session) -> None:
    """An hour or more of measuring; what follows ``--`` is for it."""
    _tool(session, "python", "-m", "bench", *session.posargs)


def _tool(session: nox.Session, program: str, *arguments: str) -> None:
    """Runs a program of the environment with the ``dev`` group."""
    session.run(
        str(Path(python(session, "dev")).with_name(program)),
        *arguments,
        external=True,
        interrupt_timeout=INTERRUPT_TIMEOUT,
        terminate_timeout=TERMINATE_TIMEOUT,
    )
