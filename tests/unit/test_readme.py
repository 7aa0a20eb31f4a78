"""A claim in the README is a test: what it says of codes, settings, commands and messages must be so."""

from __future__ import annotations

import argparse
import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from hub_runner import exit_codes
from hub_runner.cli import parser
from hub_runner.settings import load

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def _texts(path: Path) -> Iterator[str]:
    """Each string of a file, with dots for what an f-string fills in; no comments and no docstrings."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    statements = [node.value for node in ast.walk(tree) if isinstance(node, ast.Expr)]
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else "..." for part in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in statements:
            yield node.value


TEXTS = [text for path in sorted((ROOT / "hub_runner").rglob("*.py")) for text in _texts(path)]


def section(title: str) -> str:
    return README.split(f"## {title}\n", 1)[1].split("\n## ", 1)[0]


def test_the_table_of_exit_codes_is_that_of_the_errors() -> None:
    table = {int(code) for row in re.findall(r"^\| ([\d, ]+) \|", section("Use"), re.M) for code in row.split(",")}
    assert table == {code.value for code in exit_codes.ExitCode} - {exit_codes.ExitCode.SIGNALLED} | {129, 130, 143}


def test_the_order_of_grave_codes_is_that_of_the_errors() -> None:
    order = re.search(r"interrupted, ([\d, ]+)\.", section("Use"))
    assert order
    assert tuple(map(int, order[1].split(","))) == exit_codes.GRAVEST_FIRST


def test_each_kind_of_problem_is_explained_beside_its_code() -> None:
    text = (ROOT / "docs/result.md").read_text(encoding="utf-8")
    rows = {kind: row for row in text.splitlines() if row.startswith("| ") for kind in re.findall(r"`(\w+)`", row)}
    for kind in exit_codes.Kind:
        assert str(min(kind.code, 128)) in rows[kind]


def test_the_settings_that_it_shows_are_the_defaults(tmp_path: Path) -> None:
    shown = re.findall(r"```toml\n(.*?)```", section("Settings"), re.S)[0]
    with_them, without = tmp_path / "with", tmp_path / "without"
    for folder, text in {with_them: shown, without: ""}.items():
        folder.mkdir()
        (folder / "pyproject.toml").write_text(text, encoding="utf-8")
    assert load(with_them, environ={}) == replace(load(without, environ={}), root=with_them)


def test_the_settings_of_a_sister_repository_are_known(tmp_path: Path) -> None:
    shown = re.findall(r"```toml\n(.*?)```", section("In another repository"), re.S)[0]
    (tmp_path / "pyproject.toml").write_text(shown, encoding="utf-8")
    assert load(tmp_path, environ={}).prefix == "evv-agent-test-"


@pytest.fixture(scope="module")
def sessions() -> set[str]:
    listed = subprocess.run(
        (sys.executable, "-m", "nox", "-f", str(ROOT / "noxfile.py"), "-l"), capture_output=True, text=True, check=True
    ).stdout
    return set(re.findall(r"^[*-] (\S+)", listed, re.M))


@pytest.mark.parametrize("command", sorted(set(re.findall(r"\bnox (-[^`\n]*)", README)) - {"-l"}))
def test_each_nox_command_names_sessions_that_there_are(command: str, sessions: set[str]) -> None:
    option, *names = command.partition(" -- ")[0].split()
    assert option == "-s"
    assert names
    assert set(names) <= sessions


@pytest.mark.parametrize("flag", sorted(set(re.findall(r"(?<=[ `])(--[a-z-]+)", section("Use")))))
def test_each_flag_is_one(flag: str) -> None:
    commands = next(action for action in parser()._actions if action.dest == "command").choices
    assert isinstance(commands, dict)
    assert any(flag in _flags(command) for command in commands.values())


def _flags(command: argparse.ArgumentParser) -> set[str]:
    return {flag for action in command._actions for flag in action.option_strings}


@pytest.mark.parametrize("message", re.findall(r"^\| `([^`]+)` \|", section("Troubleshooting"), re.M))
def test_each_message_of_the_troubleshooting_is_one_of_ours(message: str) -> None:
    pattern = ".*".join(map(re.escape, message.split("...")))
    assert any(re.search(pattern, text, re.S) for text in TEXTS)


@pytest.mark.parametrize("link", sorted(set(re.findall(r"\]\(([^)#:]+)\)", README))))
def test_each_link_leads_somewhere(link: str) -> None:
    assert (ROOT / link).exists()


def test_the_supported_pythons_are_those_of_the_metadata() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    versions = [it.rpartition(" ")[2] for it in project["classifiers"] if re.search(r":: 3\.\d+$", it)]
    assert f"Python {versions[0]}-{versions[-1]}" in README
    assert project["requires-python"] == f">={versions[0]}"
