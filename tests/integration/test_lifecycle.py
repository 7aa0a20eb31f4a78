"""Upgrades and uninstallations on a real engine, played by the stand-ins: each stage finds the files that it should."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.integration.conftest import Done, Make, run
from tests.standins.checkout import FAIL, PASS, Checkout
from tests.standins.history import commit

pytestmark = pytest.mark.integration

WAS = """loaded; contents installed '["probe.old", "res.partner"]' '"probe.weight"'; finish 0\n"""
GONE = "case $database in *uninstall=*) loaded; contents uninstalled; finish 0 ;; esac\n"
UPGRADED = """begin test_one test_two; migrated migrations/1.1/pre-it.py
passed test_one; passed test_two; contents installed; finish 0
"""
LEFT = """case $database in *uninstall=*) loaded
contents uninstalled '["probe.x", "ir.cron"]' '' '"probe_log"'; finish 0 ;; esac
"""


def lives(make: Make, was: str, now: str, *flags: str) -> tuple[Checkout, Done]:
    """The run of a module that was released with one script and has another one today."""
    checkout = make(modules={"probe": was})
    commit(checkout.root, tag="v1.0")
    folder = checkout.root / "addons" / "probe"
    (folder / "standin.sh").write_text(now, encoding="utf-8")
    (folder / "migrations" / "1.1").mkdir(parents=True)
    (folder / "migrations" / "1.1" / "pre-it.py").write_text("def migrate(cr, version): pass\n", encoding="utf-8")
    manifest = (folder / "__manifest__.py").read_text(encoding="utf-8")
    (folder / "__manifest__.py").write_text(manifest.replace("{", '{"version": "1.1", ', 1), encoding="utf-8")
    return checkout, run(checkout, "probe", *flags)


def stages(checkout: Checkout) -> dict[str, str]:
    result = json.loads((checkout.root / "result.json").read_text(encoding="utf-8"))
    return dict(result["lifecycle"]["stages"])


def test_each_stage_finds_its_own_files_and_all_is_told(make: Make) -> None:
    checkout, done = lives(make, WAS, GONE + UPGRADED, "--lifecycle")
    assert done.passed, done.said
    assert stages(checkout) == {"install": "passed", "upgrade": "passed", "uninstall": "passed"}
    for words in (
        "installed probe 1.0, as it was at v1.0 (",
        "upgraded to 1.1: 1 migration script ran: probe/migrations/1.1/pre-it.py",
        "gone after the upgrade: column probe.weight; external id probe.old (res.partner)",
        "uninstalled probe: nothing of it is left in the database",
    ):
        assert words in done.said
    assert "install 0." in done.said  # the phases


def test_a_release_that_cannot_be_installed_is_told_apart(make: Make) -> None:
    checkout, done = lives(make, "loaded; finish 0\n", PASS, "--upgrade-from", "v1.0")
    assert done.code == 7, done.said
    assert "As it was at v1.0" in done.said
    assert stages(checkout) == {"install": "failed"}


def test_tests_that_fail_do_not_keep_a_module_from_being_uninstalled(make: Make) -> None:
    checkout, done = lives(make, WAS, LEFT + FAIL.replace("finish 1", "contents installed; finish 1"), "--uninstall")
    assert done.code == 1, done.said
    assert "table probe_log, external id probe.x (ir.cron)" in done.said
    assert stages(checkout) == {"tests": "passed", "uninstall": "failed"}


def test_without_git_there_is_nothing_to_upgrade_from(make: Make, tmp_path: Path) -> None:
    done = run(make(), "probe", "--lifecycle")
    assert done.code == 2
    assert "is in no git repository" in done.said
