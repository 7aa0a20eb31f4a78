from __future__ import annotations

from pathlib import Path

import pytest

from hub_runner.checkout.modules import Module
from hub_runner.errors import UsageError
from hub_runner.requirements.system import wanted_packages
from hub_runner.settings import Settings


def of(dependencies: object, *setting: str) -> list[tuple[str, str]]:
    module = Module(name="probe", folder=Path("/addons/probe"), manifest={"external_dependencies": dependencies})
    found = wanted_packages(Settings(root=Path("/"), system_packages=setting), (module,))
    return [(package.name, package.program) for package in found]


def test_debian_packages_are_taken_as_they_are_written() -> None:
    assert of({"deb": ["xmlsec1", "libxml2-dev"]}) == [("xmlsec1", ""), ("libxml2-dev", "")]


def test_a_known_program_names_its_package_and_another_one_none() -> None:
    assert of({"bin": ["pdftotext", "frob"]}) == [("poppler-utils", "pdftotext"), ("", "frob")]


def test_a_manifest_that_names_packages_says_what_brings_its_programs() -> None:
    assert of({"bin": ["frob"], "deb": ["frob-tools"]}) == [("frob-tools", "")]


def test_the_setting_adds_packages_and_says_what_brings_a_program() -> None:
    assert of({"bin": ["frob"]}, "frob=frob-tools", "gcc", "make=4.3-1") == [
        ("gcc", ""),
        ("make=4.3-1", ""),
        ("frob-tools", "frob"),
    ]


@pytest.mark.parametrize("name", ["Frob", "frob tools", "-o", "x", "frob;reboot", "../x"])
def test_a_name_that_apt_could_take_for_something_else_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match="is not the name of a Debian package"):
        of({"deb": [name]})


def test_a_list_that_is_none_is_refused() -> None:
    with pytest.raises(UsageError, match="must be a dictionary of lists"):
        of({"bin": "frob"})
