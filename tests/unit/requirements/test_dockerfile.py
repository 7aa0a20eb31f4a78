from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from packaging.version import Version

from hub_runner.requirements.archives import Source
from hub_runner.requirements.dockerfile import dockerfile
from hub_runner.requirements.fetch import Fetched
from hub_runner.requirements.recipe import Recipe

WHEELS = Fetched(folder=Path("/f"), versions={"foo": "1.0", "bar": "2"}, sources=(), names=frozenset({"foo", "bar"}))
SOURCE = Source(path=Path("/f/sources/bar-2.tar.gz"), name="bar", version=Version("2"), requires=(), build=())


def test_wheels_are_added_without_a_network_and_the_images_user_comes_back() -> None:
    text = dockerfile("odoo:18.0", Recipe(base=""), WHEELS, user="odoo", image_pip=None)
    assert text.startswith("FROM odoo:18.0 AS base\nUSER root\n")
    assert text.endswith(" bar==2 foo==1.0\nUSER odoo\n")
    commands = [line for line in text.splitlines() if line.startswith("RUN")]
    assert len(commands) == 1
    assert all("--network=none" in line and "--no-index" in line and "--isolated" in line for line in commands)


def test_a_source_is_built_in_a_stage_of_its_own_which_is_thrown_away() -> None:
    text = dockerfile(
        "odoo:18.0", Recipe(base=""), replace(WHEELS, sources=(SOURCE,)), user="root", image_pip=Version("23.0.1")
    )
    stages = [line for line in text.splitlines() if line.startswith("FROM")]
    assert stages == ["FROM odoo:18.0 AS base", "FROM base AS built", "FROM base"]
    commands = [line for line in text.splitlines() if line.startswith("RUN")]
    assert " wheel --no-index " in commands[0]
    assert "/sources/bar-2.tar.gz" in commands[0]
    assert "/sources/" not in commands[1]
    assert all("--network=none" in line for line in commands)
    assert "PYTHONPATH" not in text


@pytest.mark.parametrize(("image_pip", "known"), [(None, True), (Version("23.0.1"), True), (Version("20.3.4"), False)])
def test_an_old_pip_of_the_image_is_asked_for_nothing_that_it_does_not_know(image_pip: Version | None, known: bool) -> None:
    """That of odoo:16.0, for whose Python the newest pip is too new, knows no --break-system-packages."""
    text = dockerfile("odoo:16.0", Recipe(base=""), WHEELS, user="odoo", image_pip=image_pip)
    assert ("--break-system-packages" in text, "--root-user-action" in text) == (known, known)
    assert ("PYTHONPATH" in text) is (image_pip is None)
    assert " --ignore-installed" in text


def test_apt_alone_has_a_network_and_leaves_no_lists_behind() -> None:
    recipe = Recipe(base="", system=("xmlsec1", "chromium"))
    text = dockerfile("odoo:18.0", recipe, Fetched(folder=Path("/f")), user="odoo", image_pip=None)
    (command,) = (line for line in text.splitlines() if line.startswith("RUN"))
    assert " chromium xmlsec1 && rm -rf" in command
    assert "--network" not in command
    assert "pip" not in text


def test_a_package_that_is_an_address_is_downloaded_first() -> None:
    recipe = Recipe(base="", system=("https://example.org/chrome.deb",))
    text = dockerfile("odoo:18.0", recipe, Fetched(folder=Path("/f")), user="odoo", image_pip=None)
    assert "curl --fail --silent --show-error --location --output /tmp/0.deb https://example.org/chrome.deb && " in text
    assert "--no-install-recommends /tmp/0.deb && rm -rf /tmp/0.deb" in text
