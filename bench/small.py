"""Figures that need no Odoo, and several modules beside each other."""

from __future__ import annotations

import sys
from pathlib import Path

from bench.contestants import Contest, nox
from bench.share import as_nox_gives_it, runner
from bench.timing import environment, timed

FOUR = ("one", "two", "three", "four")


def menu(contest: Contest) -> float:
    """``nox -l`` of a checkout with a thousand modules."""
    addons = contest.work / "thousand"
    if not addons.exists():
        for number in range(1000):
            module(addons / f"module_{number}", tests=False)
    environ = environment(contest.work, HUB_RUNNER_ADDONS=str(addons))
    return timed((sys.executable, "-m", "nox", "--list"), environ, log=contest.log)


def help_text(contest: Contest) -> float:
    environ = as_nox_gives_it(environment(contest.work))
    return timed((runner(), "-m", "hub_runner", "--help"), environ, log=contest.log)


def four(contest: Contest, jobs: int) -> float:
    """Four modules of two tests each, warm."""
    addons = contest.work / "four"
    if not addons.exists():
        for name in FOUR:
            module(addons / name, tests=True)
    environ = environment(contest.work, HUB_RUNNER_ADDONS=str(addons))
    return timed(nox(*FOUR, f"--jobs={jobs}"), environ, log=contest.log)


def module(folder: Path, *, tests: bool) -> None:
    folder.mkdir(parents=True)
    (folder / "__init__.py").touch()
    (folder / "__manifest__.py").write_text(f"{{'name': '{folder.name}', 'license': 'LGPL-3', 'depends': ['base']}}\n")
    if tests:
        (folder / "tests").mkdir()
        (folder / "tests" / "__init__.py").write_text("from . import test_it\n")
        (folder / "tests" / "test_it.py").write_text(TESTS)


TESTS = """\
from odoo.tests import TransactionCase


class TestIt(TransactionCase):
    def test_one(self):
        self.assertTrue(self.env.user.login)

    def test_two(self):
        self.assertTrue(self.env.company.name)
"""
