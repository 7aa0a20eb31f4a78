"""The menu: `nox -l` shows it, `python -m hub_runner` does the work."""

import sys
from pathlib import Path

import nox

sys.path.insert(0, str(Path(__file__).parent))  # the nox command does not put the noxfile's folder there

from hub_runner import menu

nox.needs_version = ">=2025.5.1"
nox.options.default_venv_backend = "none"  # sessions share environments: hub_runner/machine/session_environment.py says why

menu.add_sessions()  # test, watch, shell, uat, setup, doctor, lint-module, prepare, clean, and test-MODULE for each module


@nox.session(default=False)
def check(session: nox.Session) -> None:
    """Check hub-runner itself: lint, types, import contracts, all tests (unit, integration, e2e) and their coverage"""
    menu.check(session)


@nox.session(default=False)
def lint(session: nox.Session) -> None:
    """Check style, format, types and import contracts only: what pre-commit runs"""
    menu.lint(session)


@nox.session(name="format", default=False)
def format_sources(session: nox.Session) -> None:
    """Format the sources, and mend what ruff can mend"""
    menu.format_sources(session)


@nox.session(python=["3.11", "3.12", "3.13"], venv_backend="uv|virtualenv", default=False)
def unit(session: nox.Session) -> None:
    """Run the unit tests on each Python that can be had"""
    menu.unit(session)


@nox.session(default=False)
def pages(session: nox.Session) -> None:
    """Look at report.html in a real browser: needs Chromium and npm (apt-get install chromium npm)"""
    menu.pages(session)


@nox.session(default=False)
def chaos(session: nox.Session) -> None:
    """Check the cleanup itself: kill runs in every way at any moment, look what is left: nox -s chaos [-- --trials 500]"""
    menu.chaos(session)


@nox.session(default=False)
def corpus(session: nox.Session) -> None:
    """Test the modules of tests/corpus; -- --reference asks bare Odoo, and compares with its stored answers [--update]"""
    menu.corpus(session)


@nox.session(default=False)
def bench(session: nox.Session) -> None:
    """Measure, and write docs/performance.md: nox -s bench [-- --rounds 5]"""
    menu.bench(session)
