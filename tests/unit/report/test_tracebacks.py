import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub_runner.report import tracebacks
from hub_runner.result import Outcome
from tests.unit.report import samples


def test_frames_of_odoo_are_left_out_and_the_modules_own_stay() -> None:
    assert tracebacks.relevant(samples.failed()) == [
        "Traceback (most recent call last):",
        "  ... 2 frames outside of traction ...",
        '  File "/mnt/extra-addons/traction/tests/test_rock.py", line 44, in test_escalate',
        "    self.assertEqual(rock.owner_id, self.boss)",
        "    ~~~~~~~~~~~~~~~~^^^^^^^^^^^^^^^^^^^^^^^^^^",
        "AssertionError: res.users(2,) != res.users(7,)",
    ]


def test_the_frame_that_raised_stays_wherever_it_is() -> None:
    deep = '  File "/usr/lib/python3/dist-packages/odoo/models.py", line {}, in {}\n    deep()\n'
    text = samples.TRACEBACK.replace("AssertionError", deep.format(7, "write") + deep.format(9, "check") + "AssertionError")
    shown = tracebacks.relevant(samples.failed(traceback=text))
    assert "  ... 1 frame outside of traction ..." in shown
    assert '  File "/usr/lib/python3/dist-packages/odoo/models.py", line 9, in check' in shown


def test_a_package_of_python_with_the_modules_name_is_no_part_of_it() -> None:
    """OCA has modules fastapi and pydantic, and what they wrap lies in a folder of the same name."""
    library = '  File "/usr/local/lib/python3.12/dist-packages/traction/wheel.py", line {}, in {}\n    deep()\n'
    frames = library.format(7, "turn") + library.format(9, "slip")
    text = samples.TRACEBACK.replace("AssertionError", frames + "AssertionError")
    failure = samples.failed(traceback=text)
    deepest = tracebacks.deepest(failure)
    assert deepest
    assert (deepest.file, deepest.line) == ("/mnt/extra-addons/traction/tests/test_rock.py", 44)
    assert "  ... 1 frame outside of traction ..." in tracebacks.relevant(failure)


def test_a_chain_of_exceptions_keeps_both_ends() -> None:
    chain = (
        f"{samples.TRACEBACK}\nDuring handling of the above exception, another exception occurred:\n\n{samples.TRACEBACK}"
    )
    shown = tracebacks.relevant(samples.failed(traceback=chain))
    assert shown.count("AssertionError: res.users(2,) != res.users(7,)") == 2
    assert "During handling of the above exception, another exception occurred:" in shown


def test_an_endless_message_is_cut_at_both_measures() -> None:
    shown = tracebacks.relevant(samples.failed(traceback=samples.TRACEBACK + "x" * 9999 + "\n" + "diff\n" * 5000))
    assert len(shown) <= tracebacks.LINES + 1
    assert max(map(len, shown)) <= tracebacks.WIDTH


@given(st.text(st.sampled_from('  File "/traction/x", line 1\n    \x1b[31mE:'), max_size=300))
def test_no_text_breaks_it(text: str) -> None:
    assert all(line.isprintable() for line in tracebacks.relevant(samples.failed(traceback=text)))


def test_the_failing_line_is_that_of_the_assertion_not_that_of_the_test() -> None:
    assert tracebacks.failing_line(samples.failed()) == 44


def test_without_a_frame_in_the_tests_file_the_test_itself_is_the_place() -> None:
    assert tracebacks.failing_line(samples.failed(traceback="Killed")) == 41
    assert tracebacks.failing_line(samples.failed(file=None, line=None)) is None


LISTS = """AssertionError: Lists differ: [1, 2, 3] != [1, 2, 4]

First differing element 2:
3
4

- [1, 2, 3]
?        ^
"""


@pytest.mark.parametrize(
    ("words", "line"),
    [
        ("AssertionError: one\ntwo: three\n", "AssertionError: one"),
        (LISTS, "AssertionError: Lists differ: [1, 2, 3] != [1, 2, 4]"),
        ("odoo.exceptions.UserError: No.\n", "odoo.exceptions.UserError: No."),
        ("AssertionError\n", "AssertionError"),
    ],
)
def test_an_exception_is_called_by_its_first_line_however_long_its_message_is(words: str, line: str) -> None:
    text = samples.TRACEBACK.replace("AssertionError: res.users(2,) != res.users(7,)\n", words)
    chain = f"{samples.TRACEBACK}\nDuring handling of the above exception, another exception occurred:\n\n{text}"
    assert tracebacks.exception(samples.failed(traceback=text)) == line
    assert tracebacks.exception(samples.failed(traceback=chain)) == line


def test_what_is_no_traceback_is_called_by_its_own_first_line() -> None:
    assert tracebacks.exception(samples.failed(traceback="Killed\nby somebody")) == "Killed"
    assert tracebacks.exception(samples.failed(traceback="")) == ""


QWEB_19 = """odoo.addons.base.models.ir_qweb.QWebError: Error while rendering the template:
    AttributeError: 'library.book' object has no attribute 'titel'
    Template: library_app.book_page
    Reference: 1011
    Path: /t/t/div/h1
    Element: <h1 t-out="book.titel"/>
"""
QWEB_18 = """odoo.addons.base.models.ir_qweb.QWebException: Error while render the template
AttributeError: 'library.book' object has no attribute 'titel'
Template: library_app.book_page
Path: /t/t/div/h1
Node: <h1 t-out="book.titel"/>
"""


def raising(error: str) -> Outcome:
    return samples.failed(traceback=samples.TRACEBACK.rpartition("AssertionError")[0] + error)


@pytest.mark.parametrize("error", [QWEB_19, QWEB_18])
def test_an_error_in_a_template_is_called_by_its_cause_and_its_place(error: str) -> None:
    cause = "AttributeError: 'library.book' object has no attribute 'titel'"
    place = 'in the template library_app.book_page, <h1 t-out="book.titel"/>'
    assert tracebacks.exception(raising(error)) == f"{cause} ({place})"
    assert error.splitlines()[0] in tracebacks.message(raising(error))


def test_an_error_in_a_template_that_has_no_name_is_called_by_its_cause() -> None:
    error = "QWebError: Error while rendering the template:\n    KeyError: 'x'\n"
    assert tracebacks.exception(raising(error)) == "KeyError: 'x' (in a template)"
