from __future__ import annotations

from typing import Any

import pytest

from hub_runner.checkout import testfiles
from hub_runner.errors import UsageError
from hub_runner.odoo.choice import Place
from hub_runner.odoo.places import located, parsed

ROCK = "tests/test_rock.py"
FILES = {
    "models/rock.py": b"class Rock: pass\n",
    "migrations/1.0/tests/test_up.py": b"",
    "tests/__init__.py": b"from . import test_rock\n",
    "tests/common.py": b"class Common(TransactionCase):\n    def test_common(self): pass\n",
    ROCK: b"""\
from .common import Common
from elsewhere import Foreign

class TestRock(TransactionCase):
    @tagged("x")
    def test_it(self):
        pass

    def helper(self):
        pass

class TestCommon(Common):
    pass

class TestForeign(Foreign):
    pass

TestMade = type("TestMade", (TransactionCase,), {})
""",
    "tests/test_torn.py": b"class TestTorn(\n",
}


def look_up(file: str = ROCK, cls: str = "", method: str = "", line: int | None = None) -> Place:
    place = Place(file=file, cls=cls, method=method, line=line)
    return located(place, "traction", FILES, testfiles.scan(FILES))


@pytest.mark.parametrize(
    ("line", "cls", "method"),
    [
        (5, "TestRock", "test_it"),
        (7, "TestRock", "test_it"),
        (4, "TestRock", ""),
        (10, "TestRock", ""),
        (2, "", ""),
        (999, "", ""),
    ],
    ids=["decorator", "body", "class", "helper", "imports", "behind the end"],
)
def test_a_line_means_the_test_around_it_or_its_class_or_the_file(line: int, cls: str, method: str) -> None:
    assert look_up(line=line) == Place(file=ROCK, cls=cls, method=method)


@pytest.mark.parametrize(
    ("place", "words"),
    [
        ({"file": "tests/test_rok.py"}, "traction has no file 'tests/test_rok.py'. Did you mean tests/test_rock.py?"),
        ({"cls": "TestRok"}, "has no class 'TestRok'. Did you mean TestRock?"),
        (
            {"cls": "test_it"},
            "test_it is no class of tests/test_rock.py. Did you mean tests/test_rock.py::TestRock::test_it?",
        ),
        ({"cls": "TestRock", "method": "test_if"}, "has no test 'test_if'. Did you mean test_it?"),
        ({"cls": "TestCommon", "method": "test_commons"}, "has no test 'test_commons'. Did you mean test_common?"),
        ({"cls": "TestRock", "method": "zebra"}, "TestRock has no test 'zebra'. It has test_it."),
    ],
    ids=["file", "class", "test without its class", "test", "inherited", "nothing like it"],
)
def test_what_is_certainly_not_there_is_refused_with_the_likeliest_names(place: dict[str, Any], words: str) -> None:
    with pytest.raises(UsageError) as caught:
        look_up(**place)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    "place",
    [
        {"cls": "TestMade"},
        {"cls": "TestRock_0_small"},
        {"cls": "TestRock", "method": "test_it_12"},
        {"cls": "TestRock", "method": "test_it_0_small"},
        {"cls": "TestCommon", "method": "test_common"},
        {"cls": "TestForeign", "method": "test_of_elsewhere"},
        {"file": "tests/test_torn.py", "cls": "TestTorn"},
        {"file": "migrations/1.0/tests/test_up.py", "cls": "TestUp"},
    ],
    ids=[
        "made at run time",
        "class made by parameterized",
        "test made by parameterized",
        "the same with a name",
        "inherited",
        "inherited from elsewhere",
        "a file that cannot be parsed",
        "not below tests",
    ],
)
def test_what_may_be_there_is_left_to_odoo(place: dict[str, Any]) -> None:
    assert look_up(**place) == Place(**{"file": ROCK, **place})


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("a/tests/test_x.py", ("a/tests/test_x.py", Place())),
        ("a/tests/test_x.py::TestX", ("a/tests/test_x.py", Place(cls="TestX"))),
        ("a/tests/test_x.py::TestX::test_y", ("a/tests/test_x.py", Place(cls="TestX", method="test_y"))),
        ("a/tests/test_x.py:12", ("a/tests/test_x.py", Place(line=12))),
        ("a/tests/test_x.py:12:4", ("a/tests/test_x.py", Place(line=12))),
        ("traction", None),
        ("addons/traction/", None),
        ("a/tests/test_x.py::", None),
        ("a/tests/test_x.py:0", None),
        ("hr_*", None),
    ],
)
def test_a_word_of_the_command_line_is_a_place_if_it_names_a_python_file(word: str, expected: object) -> None:
    assert parsed(word) == expected
