"""A claim in the README is a test: what it says of codes, settings, commands and messages must be so."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from hub_runner import exit_codes
from hub_runner.cli import parser
from hub_runner.settings import Settings, load

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
SOURCES = "\n".join(path.read_text(encoding="utf-8") for path in sorted((ROOT / "hub_runner").rglob("*.py")))


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
    (tmp_path / "pyproject.toml").write_text(shown, encoding="utf-8")
    assert load(tmp_path, environ={}) == Settings(root=tmp_path)


def test_the_settings_of_a_sister_repository_are_known(tmp_path: Path) -> None:
    shown = re.findall(r"```toml\n(.*?)```", section("In another repository"), re.S)[0]
    (tmp_path / "pyproject.toml").write_text(shown, encoding="utf-8")
    assert load(tmp_path, environ={}).prefix == "evv-agent-test-"


@pytest.mark.parametrize("command", sorted(set(re.findall(r"`nox ([^`]*)`", README))))
def test_each_nox_command_names_sessions_that_there_are(command: str) -> None:
    listed = subprocess.run(
        (sys.executable, "-m", "nox", "-f", str(ROOT / "noxfile.py"), "-l"), capture_output=True, text=True, check=True
    ).stdout
    sessions = set(re.findall(r"^[*-] (\S+)", listed, re.M))
    for name in re.findall(r"-s ((?:(?!--)\S+ ?)+)", command):
        assert set(name.split()) <= sessions


@pytest.mark.parametrize("flag", sorted(set(re.findall(r"(?<=[ `])(--[a-z-]+)", section("Use")))))
def test_each_flag_is_one(flag: str) -> None:
    commands = next(action for action in parser()._actions if action.dest == "command").choices
    assert isinstance(commands, dict)
    assert any(flag in command.format_help() for command in commands.values())


@pytest.mark.parametrize("message", re.findall(r"^\| `([^`]+)` \|", section("Troubleshooting"), re.M))
def test_each_message_of_the_troubleshooting_is_one_of_ours(message: str) -> None:
    words = max(re.split(r"\.\.\.|odoo:18\.0", message), key=len).strip()
    assert words in SOURCES


@pytest.mark.parametrize("link", sorted(set(re.findall(r"\]\(([^)#:]+)\)", README))))
def test_each_link_leads_somewhere(link: str) -> None:
    assert (ROOT / link).exists()


def test_the_supported_pythons_are_those_of_the_metadata() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    versions = [it.rpartition(" ")[2] for it in project["classifiers"] if re.search(r":: 3\.\d+$", it)]
    assert f"Python {versions[0]}-{versions[-1]}" in README
    assert project["requires-python"] == f">={versions[0]}"
