from __future__ import annotations

import re
from pathlib import Path

import pytest

from hub_runner import cli
from hub_runner.errors import UsageError
from hub_runner.odoo.choice import EVERYTHING, Choice
from hub_runner.verbs.choice import choice
from tests.conftest import write_module
from tests.unit.test_cli import run


@pytest.mark.parametrize("verb", ["run", "watch"])
@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("", EVERYTHING),
        ("-k rock", Choice(keywords="rock")),
        ("--lf", Choice(last_failed=True)),
        ("--last-failed", Choice(last_failed=True)),
        ("--ff -x", Choice(failed_first=True, max_fail=1)),
        ("--max-fail 3", Choice(max_fail=3)),
        ("--repeat 4", Choice(rounds=4)),
        ("--until-fail", Choice(rounds=100, until_fail=True)),
        ("--until-fail --repeat 7", Choice(rounds=7, until_fail=True)),
        ("--durations 5", Choice(durations=5)),
    ],
)
def test_the_flags_of_pytest_make_a_choice(verb: str, words: str, expected: Choice) -> None:
    assert choice(cli.parsed([verb, "traction", *words.split()])) == expected


@pytest.mark.parametrize(
    "words",
    ["--lf --ff", "-x --max-fail 2", "--repeat 0", "--max-fail none", "--durations 0", "-k"],
    ids=lambda words: words,
)
def test_what_makes_no_sense_is_refused(words: str) -> None:
    with pytest.raises(UsageError):
        cli.parsed(["run", "traction", *words.split()])


def test_an_expression_with_a_mistake_is_refused_with_what_is_wrong(addons: Path) -> None:
    write_module(addons, "traction")
    done = run("run", "traction", "-k", "rock and", cwd=addons.parent)
    assert done.returncode == 2
    assert "-k 'rock and': a name is missing at its end. It takes names with and, or, not" in done.stderr


@pytest.mark.parametrize("verb", ["run", "watch"])
@pytest.mark.parametrize(
    ("place", "words"),
    [
        ("addons/traction/tests/test_rok.py", "has no file 'tests/test_rok.py'. Did you mean tests/test_rock.py?"),
        ("addons/traction/tests/test_rock.py::TestRok", "has no class 'TestRok'. Did you mean TestRock?"),
        ("addons/traction/tests/test_rock.py::TestRock::test_oen", "has no test 'test_oen'. Did you mean test_one?"),
        ("elsewhere/test_rock.py", "lies in the folder of no module. Modules in"),
    ],
)
def test_a_place_that_is_not_there_is_refused_before_anything_is_started(
    addons: Path, verb: str, place: str, words: str
) -> None:
    folder = write_module(addons, "traction")
    (folder / "tests").mkdir()
    (folder / "tests/__init__.py").write_text("from . import test_rock\n")
    (folder / "tests/test_rock.py").write_text("class TestRock(TransactionCase):\n    def test_one(self): pass\n")
    done = run(verb, place, cwd=addons.parent)
    assert done.returncode == 2
    assert re.sub(r"\s+", " ", words) in done.stderr


@pytest.mark.parametrize(
    ("words", "flags"),
    [
        ("--repeat 3", "--repeat"),
        ("--json --lifecycle", "--json and --lifecycle"),
        ("--upgrade-from HEAD", "--upgrade-from"),
        ("--jobs 2", "--jobs"),
        ("--coverage", "--coverage"),
    ],
)
def test_what_a_debugger_cannot_do_is_refused(addons: Path, words: str, flags: str) -> None:
    write_module(addons, "traction")
    done = run("run", "traction", "--debug", *words.split(), cwd=addons.parent)
    assert done.returncode == 2
    assert f"it goes without {flags}." in done.stderr
