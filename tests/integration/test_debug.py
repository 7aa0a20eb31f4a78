"""``run MODULE --debug``: its own input and output, the choice, no proof, and nothing left."""

from __future__ import annotations

import subprocess

import pytest

from hub_runner.engine.client import Engine
from tests.integration.conftest import Make, command
from tests.integration.scene import PATIENCE
from tests.integration.test_keep import becomes_clean
from tests.standins.checkout import Checkout

pytestmark = pytest.mark.integration


def debugged(checkout: Checkout, words: str, *flags: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command("run", "probe", "--debug", *flags),
        cwd=checkout.root,
        env=checkout.environ,
        input=words,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


@pytest.mark.parametrize(
    ("script", "code", "verdict"),
    [
        ("begin test_one\npassed test_one\nfinish 0\n", 0, "GREEN a part of probe (-k 'one'): 1 test in "),
        ("begin test_one\nfailed test_one\nfinish 1\n", 1, "RED a part of probe (-k 'one'): 1 of 1 test failed in "),
    ],
)
def test_the_debugger_has_the_commands_own_streams_and_what_comes_of_it_is_no_proof(
    make: Make, engine: Engine, script: str, code: int, verdict: str
) -> None:
    checkout = make(modules={"probe": script})
    done = debugged(checkout, "where\n", "-k", "one")
    assert done.returncode == code, done.stderr
    assert '(Pdb) where\n{"places": [], "failed": [], "first": [], "keywords": "one"' in done.stdout
    assert "Debugging probe: pdb opens at breakpoint() and at the first failure." in done.stderr
    assert verdict in done.stderr
    assert becomes_clean(engine, checkout)
    assert not checkout.log.exists(), "what was debugged is no proof"
