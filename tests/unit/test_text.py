import errno
import io
import re
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub_runner.fleet.live_table import LiveTable
from hub_runner.machine.commands import Progress
from hub_runner.text import Careful, as_ci_takes_it, file_line, harmless, inert, not_utf8, say, shorten, without_credentials

DANGEROUS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069]")
SNIPPETS = st.sampled_from(["\x1b", "[", "]", "31m", "\x07", "\\", "\r", "\n", "::", " ", "##[", "a", "\x9b", ":", "#"])


@pytest.mark.parametrize(
    ("data", "line", "words"),
    [
        (b"a\nb\xf6\n", 2, "is not written in UTF-8 (the byte 0xf6"),
        (b"\xff", 1, "is not written in UTF-8 (the byte 0xff"),
        (b"a\n\n\xe2\x82", 3, "is not written in UTF-8 (the byte 0xe2"),
        ("a\nb".encode("utf-16"), 1, "is written in UTF-16"),
    ],
)
def test_what_is_not_utf_8_is_named_with_its_line(data: bytes, line: int, words: str) -> None:
    problem = not_utf8(data)
    assert problem
    assert problem[0] == line
    assert problem[1].startswith(words)


@pytest.mark.parametrize("data", [b"", b"a", "ö ☃".encode(), b"\xef\xbb\xbfa", b"\0"])
def test_what_is_utf_8_is_not_named(data: bytes) -> None:
    assert not_utf8(data) is None


@given(st.one_of(st.text(st.characters()), st.lists(SNIPPETS).map("".join)))
def test_no_text_keeps_a_character_that_moves_a_terminal(text: str) -> None:
    assert not DANGEROUS.search(harmless(text))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[1;31mred\x1b[0m", "red"),
        ("\x1b]0;a title\x07text", "text"),
        ("\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x1b(Bplain\x1b=", "plain"),
        ("50 %\r100 %\r\nend", "50 % 100 %\nend"),
        ("a\x00b\x08c", "a\ufffdb\ufffdc"),
        ("\u202eevil", "\ufffdevil"),
        ("tab\tä 测 🚀", "tab    ä 测 🚀"),
        ("\x1b\x1b[31m[31m", "\ufffd[31m"),
    ],
)
def test_escapes_go_and_text_stays(text: str, shown: str) -> None:
    assert harmless(text) == shown


@given(st.lists(SNIPPETS).map("".join))
def test_no_text_is_a_workflow_command_once_it_is_inert(text: str) -> None:
    shown = inert(harmless(text))
    assert "##[" not in shown
    assert not any(line.strip().startswith("::") for line in shown.split("\n"))


def test_inert_text_stays_readable() -> None:
    assert inert("  ::error::x\na::b\n##[error]y") == "  : :error::x\na::b\n# #[error]y"


def test_a_long_line_is_cut_and_shows_it() -> None:
    assert shorten("a" * 10, 10) == "a" * 10
    assert shorten("a" * 11, 10) == "aaaaaaa..."


def test_a_reader_that_is_gone_is_no_error_and_does_not_change_the_exit_code() -> None:
    program = (
        "import sys, time; from hub_runner.text import Careful; c = Careful(sys.stdout)\n"
        "for _ in range(100000): c.write('x' * 100 + '\\n')\n"
        "sys.exit(3 if c.gone else 4)"
    )
    process = subprocess.Popen((sys.executable, "-c", program), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout
    process.stdout.readline()
    process.stdout.close()
    assert process.wait(120) == 3
    assert process.stderr
    assert process.stderr.read() == ""
    process.stderr.close()


def test_what_the_encoding_cannot_show_becomes_a_question_mark() -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii")
    Careful(stream).write("Prüfung \ud800 ok")
    assert raw.getvalue() == b"Pr?fung ? ok"


def test_a_closed_stream_is_no_error() -> None:
    stream = io.StringIO()
    stream.close()
    careful = Careful(stream)
    careful.write("x")
    assert careful.gone
    assert not careful.isatty()


def test_what_is_said_to_nobody_breaks_nothing_off(monkeypatch: pytest.MonkeyPatch) -> None:
    class Hung(io.StringIO):
        """A terminal that was closed."""

        def write(self, text: str) -> int:
            raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(sys, "stderr", Hung())
    say("word")
    say("word", Hung())
    for view in (Progress(Hung()).say, Progress(Hung()).live, lambda text: LiveTable(Hung()).show(text, [])):
        view("word")


@pytest.mark.parametrize(
    ("text", "short"),
    [
        ("one two three", "one two..."),
        ("one two threefour", "one two..."),
        ("onetwothreefour", "onetwot..."),
        ("a onetwothreefour", "a onetw..."),
        ("one two th", "one two th"),
    ],
)
def test_what_is_too_long_is_cut_between_two_words(text: str, short: str) -> None:
    assert shorten(text, 10) == short


@pytest.mark.parametrize(("environ", "written"), [({"GITHUB_ACTIONS": "true"}, ": :error::x\n"), ({}, "::error::x\n")])
def test_what_others_wrote_is_no_command_to_ci(environ: dict[str, str], written: str) -> None:
    """`verify`, `merge` and `show` print what stands in files of others."""
    stream = io.StringIO()
    print("::error::x", file=Careful(stream, passed=as_ci_takes_it(environ)))
    assert stream.getvalue() == written


@pytest.mark.parametrize(
    ("file", "line", "place"),
    [("a.py", 3, "a.py:3"), ("a.py", None, "a.py"), ("a.py", 0, "a.py"), (None, 3, ""), (None, None, ""), ("", None, "")],
)
def test_a_place_is_as_much_as_is_known_of_it(file: str | None, line: int | None, place: str) -> None:
    assert file_line(file, line) == place


def test_a_note_that_quotes_a_module_gives_github_no_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    say("hub-runner: the manifest says ##[add-mask]true", shown := io.StringIO())
    assert shown.getvalue() == "hub-runner: the manifest says # #[add-mask]true\n"


def test_an_address_is_shown_without_a_user_and_a_password_that_may_hold_an_at_sign() -> None:
    text = "git+https://user:pa@ss@host/g/r.git and ssh://git@other/r.git@18.0"
    assert without_credentials(text) == "git+https://host/g/r.git and ssh://other/r.git@18.0"
