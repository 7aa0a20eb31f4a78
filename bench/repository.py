"""A repository of twelve modules that build on each other: hub-runner against OCA's way, on an empty cache and again."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from bench.contestants import Contest, nox
from bench.small import module
from bench.timing import environment, timed
from hub_runner.engine.client import connect
from hub_runner.warm import store

# Odoo's module that each one needs, besides the one before it; and how many tests it has.
MODULES = {
    "shop_base": ("base", 5),
    "shop_web": ("web", 8),
    "shop_mail": ("mail", 12),
    "shop_contacts": ("contacts", 10),
    "shop_product": ("product", 20),
    "shop_account": ("account", 40),
    "shop_sale": ("sale", 30),
    "shop_purchase": ("purchase", 25),
    "shop_stock": ("stock", 35),
    "shop_project": ("project", 15),
    "shop_hr": ("hr", 10),
    "shop_crm": ("crm", 20),
}
AFTER = {
    "shop_mail": "shop_web",
    "shop_contacts": "shop_mail",
    "shop_account": "shop_product",
    "shop_sale": "shop_account",
    "shop_purchase": "shop_account",
    "shop_crm": "shop_contacts",
}
WITH_PAGES = ("shop_web", "shop_crm")

TESTS = """\
from odoo.tests import TransactionCase


class TestShop(TransactionCase):
    def setUp(self):
        super().setUp()
        self.partner = self.env["res.partner"].create({"name": "Azure"})
"""
TEST = """
    def test_{number}(self):
        copies = self.partner.copy({{"name": "Number {number}"}}) + self.partner
        self.assertEqual(len(copies.filtered("active")), 2)
        self.assertEqual(copies.sorted("name")[:1], self.partner)
"""
PAGE = """

@tagged("post_install", "-at_install")
class TestPage(HttpCase):
    def test_page(self):
        self.assertEqual(self.url_open("/web/login").status_code, 200)
"""


@dataclass(frozen=True)
class Repository:
    """``number`` is that of the round: no prepared database of another round fits."""

    contest: Contest
    number: int

    @property
    def addons(self) -> Path:
        return written(self.contest.work / "repository")

    def oca(self) -> float:
        """OCA's way has nothing that a second time could use."""
        environ = environment(
            self.contest.work,
            **self.contest.images,
            HUB_RUNNER_ADDONS=str(self.addons),
            ODOO_ARGS=self.contest.demo,
            LOG=str(self.contest.work / "oca.log"),
        )
        needed = ",".join(dict.fromkeys(core for core, _ in MODULES.values()))
        return timed(("bench/oca.sh", needed, ",".join(MODULES)), environ, log=self.contest.log)

    def ours(self) -> float:
        environ = environment(self.contest.work, HUB_RUNNER_ADDONS=str(self.addons), HUB_RUNNER_ODOO_ARGS=self.mark)
        return timed(nox("--all", "--jobs=2"), environ, log=self.contest.log)

    @property
    def mark(self) -> str:
        """An argument without effect, which makes the prepared databases of this round its own."""
        return f"--log-handler=hub_runner.bench.{os.getpid()}.{self.number}:INFO"

    def forget(self) -> None:
        """Removes the prepared databases of this round."""
        engine = connect()
        mine = [it for it in store.databases(engine) if self.mark in it.label["recipe"]["odoo_args"]]
        for database in sorted(mine, key=lambda it: len(it.modules), reverse=True):
            store.remove(engine, database)


def written(addons: Path) -> Path:
    """The folder with the twelve modules."""
    for name, (core, count) in MODULES.items() if not addons.exists() else ():
        depends = [core, *([AFTER[name]] if name in AFTER else [])]
        folder = addons / name
        module(folder, tests=True)
        (folder / "__manifest__.py").write_text(f"{{'name': '{name}', 'license': 'LGPL-3', 'depends': {depends}}}\n")
        tests = TESTS + "".join(TEST.format(number=number) for number in range(count))
        if name in WITH_PAGES:
            tests = tests.replace("import TransactionCase", "import HttpCase, TransactionCase, tagged") + PAGE
        (folder / "tests" / "test_it.py").write_text(tests)
    return addons
