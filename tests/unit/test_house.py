"""What keeps the house small: the core stays under 500 lines of code (W14), and each file tells one thing."""

from __future__ import annotations

import io
import tokenize
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "hub_runner"
CORE = ("ports", "compose", "engine", "health", "environment", "guard", "sweep", "signals", "run")
NO_CODE = {
    tokenize.COMMENT,
    tokenize.NL,
    tokenize.NEWLINE,
    tokenize.INDENT,
    tokenize.DEDENT,
    tokenize.ENDMARKER,
    tokenize.STRING,
}


def lines_of_code(path: Path) -> int:
    source = io.StringIO(path.read_text(encoding="utf-8"))
    return len({token.start[0] for token in tokenize.generate_tokens(source.readline) if token.type not in NO_CODE})


def test_the_core_stays_under_500_lines() -> None:
    assert sum(lines_of_code(PACKAGE / f"{name}.py") for name in CORE) < 500


def test_the_core_imports_nothing_that_goes_beyond_it() -> None:
    for name in CORE:
        text = (PACKAGE / f"{name}.py").read_text(encoding="utf-8")
        assert not [beyond for beyond in ("report", "warm", "setup", "doctor") if f"hub_runner.{beyond}" in text], name


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_no_file_is_longer_than_150_lines_of_code(path: Path) -> None:
    assert lines_of_code(path) <= 150
