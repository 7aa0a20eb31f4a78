"""What keeps the house small: the core stays under 500 lines of code (W14), and each file tells one thing.

The core is the nine files that do what the work order lists. Not in its count: what they lean on to do it well (owner, lock,
holders, resources, teardown, plan, model, trial and more), and the verdict. All that a run loads, reports and the warm start
left out, is some 3,000 lines, and the whole package some 6,000: ``python -m tests.unit.test_house`` counts them.
"""

from __future__ import annotations

import ast
import io
import tokenize
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "hub_runner"
FILES = sorted(PACKAGE.rglob("*.py"))
CORE = ("ports", "compose", "engine", "health", "environment", "guard", "sweep", "signals", "run")
BEYOND = ("report", "warm", "setup", "doctor")
NO_CODE = {
    tokenize.COMMENT,
    tokenize.NL,
    tokenize.NEWLINE,
    tokenize.INDENT,
    tokenize.DEDENT,
    tokenize.ENDMARKER,
}
WITH_DOCSTRING = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


def lines_of_code(text: str) -> int:
    """Those that bear anything but comments and docstrings, the same in every Python."""
    lines: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type not in NO_CODE:
            lines.update(range(token.start[0], token.end[0] + 1))
    return len(lines.difference(*docstrings(text)))


def docstrings(text: str) -> Iterator[range]:
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, WITH_DOCSTRING) and ast.get_docstring(node) is not None:
            words = node.body[0]
            yield range(words.lineno, (words.end_lineno or words.lineno) + 1)


def imports(text: str) -> set[str]:
    """Every module that ``text`` may mean: in ``from a import b`` both a and a.b."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            found |= {it.name for it in node.names}
        elif isinstance(node, ast.ImportFrom):
            source = ".".join(filter(None, ("hub_runner" if node.level else "", node.module)))
            found |= {source, *(f"{source}.{it.name}" for it in node.names)}
    return found


def file_of(module: str) -> Path | None:
    place = PACKAGE.parent.joinpath(*module.split("."))
    return next((it for it in (place.with_suffix(".py"), place / "__init__.py") if it.is_file()), None)


def needed(modules: set[str]) -> dict[str, Path]:
    """These modules of ours, and all that they import, directly or not."""
    found: dict[str, Path] = {}
    waiting = sorted(modules)
    while waiting:
        module = waiting.pop()
        if module.startswith("hub_runner") and module not in found and (path := file_of(module)):
            found[module] = path
            waiting += imports(path.read_text(encoding="utf-8"))
    return found


def count(paths: Iterable[Path]) -> int:
    return sum(lines_of_code(path.read_text(encoding="utf-8")) for path in paths)


def test_the_core_stays_under_500_lines() -> None:
    assert count([PACKAGE / f"{name}.py" for name in CORE]) < 500


@pytest.mark.parametrize("name", CORE)
def test_the_core_imports_nothing_that_goes_beyond_it_not_even_through_a_helper(name: str) -> None:
    beyond = {f"hub_runner.{it}" for it in BEYOND}
    assert not beyond & set(needed({f"hub_runner.{name}"}))


@pytest.mark.parametrize(
    "text",
    [
        "from hub_runner import report",
        "from hub_runner.report import log",
        "import hub_runner.report.log",
        "def f():\n    from . import report",
    ],
)
def test_an_import_is_found_however_it_is_written(text: str) -> None:
    assert any(it == "hub_runner.report" or it.startswith("hub_runner.report.") for it in imports(text))


def test_every_python_counts_the_same_lines() -> None:
    """Python 3.12 and later take f-strings to pieces; a string that is no docstring is code."""
    text = '"""A docstring\nof two lines."""\n\n# a comment\nx = (\n    f"{1} one"\n    "two"\n)\ny = """three\nfour"""\n'
    assert lines_of_code(text) == 6


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_no_file_is_longer_than_150_lines_of_code(path: Path) -> None:
    assert count([path]) <= 150


if __name__ == "__main__":
    run = needed({f"hub_runner.{it}" for it in CORE})
    for what, paths in (("core", [run[f"hub_runner.{it}"] for it in CORE]), ("run", list(run.values())), ("all", FILES)):
        print(what, len(paths), "files,", count(paths), "lines of code")  # noqa: T201
