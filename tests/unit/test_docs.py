"""The documentation: what is generated is current, each page is in the index, and each link leads somewhere."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest

from hub_runner.settings import Settings, option
from hub_runner.settings.page import page

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = sorted(path.name for path in DOCS.glob("*.md"))
LINK = re.compile(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)")


def test_the_page_of_settings_is_that_of_the_code() -> None:
    assert (DOCS / "settings.md").read_text(encoding="utf-8") == page(), (
        "python -m hub_runner.settings.page > docs/settings.md"
    )


def test_the_page_of_settings_names_each_one_once() -> None:
    names = re.findall(r"^\| `([a-z-]+)` \|", page(), re.M)
    assert sorted(names) == sorted(option(field.name) for field in fields(Settings) if "help" in field.metadata)


def test_the_index_leads_to_each_page() -> None:
    index = (DOCS / "README.md").read_text(encoding="utf-8")
    assert set(PAGES) - {"README.md"} <= set(LINK.findall(index))


@pytest.mark.parametrize("name", PAGES)
def test_each_link_leads_somewhere(name: str) -> None:
    for link in LINK.findall((DOCS / name).read_text(encoding="utf-8")):
        assert (DOCS / link).exists(), link


def test_the_commands_that_check_a_part_find_it() -> None:
    """`-k` with a word that no test has ends with an error."""
    commands = re.findall(
        r"^nox -s check -- (\S+)(?: -k (\w+))?", (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8"), re.M
    )
    assert len(commands) > 3
    for place, word in commands:
        assert (ROOT / place).exists(), place
        assert not word or re.search(rf"^def test_\w*{word}", (ROOT / place).read_text(encoding="utf-8"), re.M), word
