import io

import pytest

from hub_runner.machine.commands import SPEAK_EVERY, Progress

ERASED, CURSOR_IS_BACK = "\x1b[2K", "\x1b[?25h"


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
    _, one, rest = out.getvalue().partition("     0 s  one")
    between, two, end = rest.partition("     0 s  two")
    assert one
    assert two
    assert ERASED in between
    assert ERASED in end
    assert CURSOR_IS_BACK in end
    assert end.endswith("Done.\n")


def test_a_failure_in_the_middle_gives_the_cursor_back() -> None:
    out = Terminal()
    progress = Progress(out, clock=Clock())
    progress.live("one")
    progress.close()
    assert CURSOR_IS_BACK in out.getvalue()


@pytest.mark.parametrize("text", ["x" * 500, "\x1b[31mred\x1b[0m", "bell\a and\ttab", "\x1b]0;title\x07", "é" * 200])
def test_a_live_line_fits_and_bears_no_control_characters(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    out = Terminal()
    Progress(out, clock=Clock()).live(text)
    line = out.getvalue().partition("     0 s  ")[2]
    assert len(line.rstrip("\n")) <= 80
    assert line.rstrip("\n").isprintable()


def test_a_sentence_is_not_broken_to_the_width_of_a_terminal() -> None:
    out = io.StringIO()
    Progress(out).say("word " * 100 + "[bold]")
    assert out.getvalue() == "word " * 100 + "[bold]\n"


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
