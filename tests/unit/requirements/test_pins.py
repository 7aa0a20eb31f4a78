from __future__ import annotations

from pathlib import Path

import pytest
from packaging.requirements import Requirement

from hub_runner.requirements.pins import Pins
from hub_runner.requirements.wanted import Package
from tests.unit.requirements.images import image

SAID = (
    "ERROR: Cannot install foo because these package versions have conflicting dependencies.\n"
    "The conflict is caused by:\n    foo 2.0 depends on {0}>=4.8\n    The user requested (constraint) {0}=={1}hubrunner\n"
)


def pins(folder: Path, *distributions: str, asked: tuple[str, ...] = (), **seen: object) -> Pins:
    packages = [Package(requirement=Requirement(text), source="a file") for text in asked]
    return Pins.of(packages, image(*distributions, **seen), folder)


def test_all_packages_of_the_image_stay_at_first(tmp_path: Path) -> None:
    assert pins(tmp_path, "bar 1.0", "lxml 5.4.0").constraints == ["bar==1.0+hubrunner", "lxml==5.4.0+hubrunner"]


def test_what_is_asked_for_by_name_is_not_kept(tmp_path: Path) -> None:
    assert pins(tmp_path, "bar 1.0", asked=("Bar>=2",)).constraints == []


@pytest.mark.parametrize("version", ["4.4.0+", "4.4.0+dfsg."])
def test_a_package_in_the_way_that_odoo_does_not_require_is_freed(tmp_path: Path, version: str) -> None:
    found = pins(tmp_path, f"typing_extensions {version.rstrip('+.')}")
    assert found.loosen(SAID.format("typing-extensions", version))
    assert found.constraints == []


@pytest.mark.parametrize("name", ["lxml", "PyPDF2"])
def test_a_package_that_odoo_requires_is_never_freed(tmp_path: Path, name: str) -> None:
    found = pins(tmp_path, f"{name} 1.0")
    assert not found.loosen(SAID.format(name, "1.0+"))
    assert len(found.constraints) == 1


def test_a_conflict_with_nothing_of_the_image_frees_nothing(tmp_path: Path) -> None:
    found = pins(tmp_path, "bar 1.0")
    assert not found.loosen("foo 2.0 depends on eggs>=4.8\n    The user requested (constraint) eggs==3.0\n")
    assert not found.loosen("")


def test_what_is_freed_keeps_to_the_ranges_of_the_packages_that_stay(tmp_path: Path) -> None:
    distributions = {
        "bar": ["1.0", []],
        "needs": ["1.0", ["bar>=1,<3", "bar<2; python_version < '3'", "bar<1; extra == 'x'", "not a requirement <", "bar"]],
    }
    found = pins(tmp_path, distributions=distributions)
    assert found.loosen(SAID.format("bar", "1.0+"))
    assert found.constraints == ["needs==1.0+hubrunner", "bar<3,>=1"]
