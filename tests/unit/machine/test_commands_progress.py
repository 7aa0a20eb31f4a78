import io

import pytest

from hub_runner.machine.commands import SPEAK_EVERY, Progress, one_line


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_piped_progress_is_a_line_now_and_then_with_the_elapsed_time() -> None:
    out, clock = io.StringIO(), Clock()
    progress = Progress(out, clock=clock)
    progress.step("Building.")
    for clock.now in range(1, 61):
        progress.live(f"line {clock.now}")
    assert out.getvalue().splitlines() == ["Building.", *(f"  {s:4} s  line {s}" for s in (15, 30, 45, 60))]
    assert SPEAK_EVERY == 15


def test_on_a_terminal_the_live_line_is_rewritten_in_place_and_wiped_before_a_sentence() -> None:
    out = Terminal()
    progress = Progress(out, clock=Clock())
    progress.live("one")
    progress.live("two")
    progress.say("Done.")
    assert out.getvalue() == "     0 s  one\r\x1b[K     0 s  two\r\x1b[KDone.\n"


@pytest.mark.parametrize("text", ["x" * 500, "\x1b[31mred\x1b[0m", "bell\a and\ttab", "\x1b]0;title\x07", "é" * 200])
def test_a_line_fits_and_bears_no_control_characters(text: str) -> None:
    line = one_line(text, elapsed=1.0, width=80)
    assert len(line) < 80
    assert line.isprintable()


def test_a_silent_program_still_shows_that_time_passes() -> None:
    out, clock = io.StringIO(), Clock()
    progress = Progress(out, clock=clock)
    progress.live("exporting layers")
    clock.now = 20
    progress.live("")
    assert out.getvalue() == "    20 s  exporting layers\n"


def test_quiet_means_that_nothing_was_said() -> None:
    progress = Progress(io.StringIO(), clock=Clock())
    assert progress.quiet
    progress.say("something")
    assert not progress.quiet
