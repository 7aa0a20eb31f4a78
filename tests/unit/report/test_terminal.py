from __future__ import annotations

import os
import pty
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from hub_runner.report.terminal import Live, Plain, is_for_a_person, terminal

PATIENCE = 120  # seconds, to end a hang
PROGRAM = """
import sys, time
from hub_runner.report.terminal import terminal
from tests.unit.report import samples
from tests.unit.report.test_odoo_output import record, starting
observer, result = terminal(sys.stdout, {"TERM": "xterm"}), samples.red()
observer.started(result.info)
for name in result.phases:
    observer.phase(name)
    observer.output(starting("TestRock.test_with_a_very_long_name_that_fits_into_no_narrow_terminal_" + "x" * 100))
    observer.output(record("WARNING", "careful \\x1b[2J"))
    time.sleep(0.2)
    if "wait" in sys.argv:
        time.sleep(60)
observer.finished(result)
"""


@dataclass
class Screen:
    """A terminal of a given width, and all that was written to it."""

    width: int
    written: bytearray = field(default_factory=bytearray)
    hung_up: threading.Event = field(default_factory=threading.Event)

    def run(self, *arguments: str) -> subprocess.Popen[bytes]:
        self.main, inner = pty.openpty()
        environ = {**os.environ, "COLUMNS": str(self.width), "TERM": "xterm"}
        root = Path(__file__).parents[3]
        self.process = subprocess.Popen(
            (sys.executable, "-c", PROGRAM, *arguments), stdin=inner, stdout=inner, stderr=inner, env=environ, cwd=root
        )
        os.close(inner)
        self.reader = threading.Thread(target=self._read)
        self.reader.start()
        return self.process

    def _read(self) -> None:
        while not self.hung_up.is_set():
            try:
                if select.select([self.main], [], [], 0.05)[0]:
                    self.written += os.read(self.main, 65536)
            except OSError:
                return

    def hang_up(self) -> None:
        """What closing the window does, for a process that is not in the terminal's session."""
        self.hung_up.set()
        self.reader.join(PATIENCE)
        os.close(self.main)

    def close(self) -> None:
        self.process.kill()
        self.process.wait(PATIENCE)
        if not self.hung_up.is_set():
            self.hang_up()

    def wait_for(self, text: bytes) -> None:
        limit = time.monotonic() + PATIENCE
        while text not in self.written:
            assert time.monotonic() < limit, self.written
            time.sleep(0.01)


@pytest.fixture(params=[80, 40, 20])
def screen(request: pytest.FixtureRequest) -> Iterator[Screen]:
    screen = Screen(request.param)
    yield screen
    screen.close()


def test_a_person_sees_the_running_test_on_one_line_and_keeps_the_summary(screen: Screen) -> None:
    assert screen.run().wait(PATIENCE) == 0
    screen.reader.join(PATIENCE)
    text = screen.written.decode()
    assert "test 1: TestRo" in text
    assert "FAILED traction: 2 of 41 tests failed in 12.3 s on Odoo 19.0" in text
    assert "\x1b[2J" not in text
    assert max(map(len, live_lines(text))) <= screen.width


def live_lines(text: str) -> list[str]:
    """The live line leaves from the carriage return that it starts with to the next control sequence."""
    return [part.partition("\x1b[0m")[0].rpartition("m")[2] for part in text.split("\x1b[36m")[1:]]


def test_the_cursor_is_visible_whenever_the_program_is_killed(screen: Screen) -> None:
    process = screen.run("wait")
    screen.wait_for(b"test 1: TestRo")
    process.send_signal(signal.SIGKILL)
    process.wait(PATIENCE)
    assert screen.written.rfind(b"\x1b[?25h") > screen.written.rfind(b"\x1b[?25l")


def test_a_terminal_that_goes_away_in_mid_run_is_no_error() -> None:
    screen = Screen(80)
    process = screen.run()
    screen.wait_for(b"test 1: TestRo")
    screen.hang_up()
    assert process.wait(PATIENCE) == 0
    screen.close()


class Terminal:
    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    "environ",
    [{"TERM": "dumb"}, {}, *({"TERM": "xterm", name: "1"} for name in ("NO_COLOR", "CI", "AI_AGENT", "AGENT"))],
)
def test_plain_lines_for_whoever_asks_for_them(environ: dict[str, str]) -> None:
    assert not is_for_a_person(Terminal(), environ)  # type: ignore[arg-type]


def test_a_terminal_gets_a_live_line_and_a_pipe_does_not(tmp_path: Path) -> None:
    main, inner = pty.openpty()
    with os.fdopen(inner, "w") as stream, (tmp_path / "pipe").open("w") as pipe:
        assert type(terminal(stream, {"TERM": "xterm"})) is Live
        assert type(terminal(pipe, {"TERM": "xterm"})) is Plain
    os.close(main)
