"""The menu: `nox -l` shows it, `python -m hub_runner` does the work."""

import sys
from pathlib import Path

import nox

sys.path.insert(0, str(Path(__file__).parent))  # the nox command does not put the noxfile's folder there

from hub_runner import menu

nox.needs_version = ">=2025.5.1"
nox.options.default_venv_backend = "none"  # the sessions share environments of their own: see hub_runner/interpreter.py
nox.options.sessions = ["test"]


@nox.session
def test(session: nox.Session) -> None:
    """Test modules, each in a throw-away environment: nox -s test -- MODULE..."""
    menu.run(session, "run", *session.posargs)


@nox.session(default=False)
def setup(session: nox.Session) -> None:
    """Make this machine able to run: find, start or install a Docker engine, get the images"""
    menu.run(session, "setup")


@nox.session(default=False)
def doctor(session: nox.Session) -> None:
    """Show what a run would meet here: engine, images, ports and their holders, orphans, disk"""
    menu.run(session, "doctor", *session.posargs)


@nox.session(default=False)
def clean(session: nox.Session) -> None:
    """Remove what dead runs have left: nox -s clean [-- --all] [--older-than HOURS]"""
    menu.run(session, "clean", *session.posargs)


@nox.session(default=False)
def check(session: nox.Session) -> None:
    """Check hub-runner itself: lint, types and all tests (unit, integration, e2e)"""
    menu.check(session)


@nox.session(default=False)
def chaos(session: nox.Session) -> None:
    """Check the cleanup itself: kill runs in every way at any moment, look what is left: nox -s chaos [-- --trials 500]"""
    menu.chaos(session)


@nox.session(default=False)
def bench(session: nox.Session) -> None:
    """Measure, and write docs/performance.md: nox -s bench [-- --rounds 5]"""
    menu.bench(session)


menu.add_modules()
