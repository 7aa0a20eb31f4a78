"""``shell MODULE``: its own input and output, and nothing left however it ends."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import termios
from collections.abc import Iterator

import pytest

from hub_runner.engine.client import Engine
from tests.integration.conftest import Make, command
from tests.integration.scene import PATIENCE
from tests.integration.test_keep import becomes_clean, left
from tests.standins.checkout import Checkout, fast_compose

pytestmark = pytest.mark.integration


def shell(checkout: Checkout, words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command("shell", "probe"),
        cwd=checkout.root,
        env=checkout.environ,
        input=words,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


def compose_with(variable: str) -> str:
    return fast_compose().replace("HOST: db", f"HOST: db\n      {variable}")


def test_what_is_piped_in_reaches_the_shell_and_its_answer_alone_is_on_standard_output(make: Make, engine: Engine) -> None:
    checkout = make()
    done = shell(checkout, "print(1)\n")
    assert (done.returncode, done.stdout) == (0, "In [1]:\nprint(1)\n")
    assert "Installing probe." in done.stderr
    assert becomes_clean(engine, checkout)
    assert not checkout.log.exists(), "a shell is no proof"


def test_a_module_that_cannot_be_installed_has_no_shell(make: Make, engine: Engine) -> None:
    checkout = make(compose=compose_with('INSTALLATION: "3"'))
    done = shell(checkout, "")
    assert (done.returncode, done.stdout) == (7, "")
    assert "probe could not be installed (Odoo ended with 3). Odoo said last:\nstand-in: 3" in done.stderr
    assert becomes_clean(engine, checkout)


def test_a_shell_that_fails_ends_with_one(make: Make, engine: Engine) -> None:
    checkout = make(compose=compose_with('SHELL_ENDS: "9"'))
    assert shell(checkout, "").returncode == 1
    assert becomes_clean(engine, checkout)


Open = tuple[Checkout, "subprocess.Popen[bytes]", int]


@pytest.fixture
def opened(make: Make) -> Iterator[Open]:
    """A shell on a terminal, with the other end of that terminal."""
    checkout = make()
    master, slave = pty.openpty()
    process = subprocess.Popen(
        command("shell", "probe"),
        cwd=checkout.root,
        env=checkout.environ,
        stdin=slave,
        stdout=slave,
        stderr=slave,
        start_new_session=True,
    )
    text = b""
    while b"In [1]:" not in text:
        text += os.read(master, 65536)
    yield checkout, process, master
    process.kill()
    process.wait()
    os.close(slave)
    os.close(master)


def test_the_end_of_the_input_ends_the_shell(opened: Open, engine: Engine) -> None:
    checkout, process, terminal = opened
    assert len(left(engine, checkout)) >= 4
    os.write(terminal, b"\x04")
    assert becomes_clean(engine, checkout)
    assert process.wait(PATIENCE) == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_signal_ends_it_clean_and_gives_the_terminal_back(opened: Open, engine: Engine, number: signal.Signals) -> None:
    checkout, process, terminal = opened
    os.kill(process.pid, number)
    assert becomes_clean(engine, checkout)
    assert process.wait(PATIENCE) == 128 + number
    assert termios.tcgetattr(terminal)[3] & termios.ECHO


def test_one_that_is_killed_is_cleaned_up_after(opened: Open, engine: Engine) -> None:
    checkout, process, _ = opened
    os.kill(process.pid, signal.SIGKILL)
    assert becomes_clean(engine, checkout)
