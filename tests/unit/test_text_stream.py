import io
import subprocess
import sys

from hub_runner.text import Careful


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
    assert process.wait(30) == 3
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
