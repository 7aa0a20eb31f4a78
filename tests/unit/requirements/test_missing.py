from __future__ import annotations

import pytest
from packaging.requirements import Requirement

from hub_runner.errors import UsageError
from hub_runner.requirements.missing import missing, refuse
from hub_runner.requirements.wanted import Package, Wanted
from tests.unit.requirements.images import image


def want(*texts: str, **values: object) -> Wanted:
    return Wanted(python=tuple(Package(requirement=Requirement(text), source="a file", **values) for text in texts))  # type: ignore[arg-type]


def names(packages: tuple[Package, ...]) -> list[str]:
    return [str(package.requirement) for package in packages]


def test_what_is_there_in_whatever_spelling_costs_nothing() -> None:
    assert missing(want("Foo_Bar", "baz>=1,<3"), image("foo-bar 1.0", "baz 2.0+dfsg")) == ()


def test_what_is_not_there_is_missing() -> None:
    assert names(missing(want("foo", "bar"), image("bar 1"))) == ["foo"]


def test_markers_are_read_with_the_values_of_the_image() -> None:
    found = missing(want("foo; python_version < '3.10'", "bar; python_version >= '3.10'"), image())
    assert names(found) == ['foo; python_version < "3.10"']


def test_a_name_in_a_manifest_may_be_that_of_an_import() -> None:
    named = Package(requirement=Requirement("dataclasses"), source="a manifest", imported="dataclasses")
    assert missing(Wanted(python=(named,)), image(importable=["dataclasses"])) == ()


def test_an_import_of_that_name_does_not_satisfy_a_requirements_file() -> None:
    assert names(missing(want("foo"), image(importable=["foo"]))) == ["foo"]


def test_another_version_in_the_image_is_a_conflict_that_names_both() -> None:
    with pytest.raises(UsageError, match=r"a file: lxml>=6, and the image has 5\.4\.0"):
        missing(want("lxml>=6"), image("lxml 5.4.0"))


def test_the_setting_may_replace_a_package_of_the_image() -> None:
    assert names(missing(want("lxml>=6", explicit=True), image("lxml 5.4.0"))) == ["lxml>=6"]


def test_a_version_that_nobody_understands_satisfies_a_name_alone() -> None:
    assert missing(want("foo"), image("foo unknown")) == ()
    with pytest.raises(UsageError, match="foo>=1"):
        missing(want("foo>=1"), image("foo unknown"))


def test_extras_of_what_is_there_may_be_missing() -> None:
    distributions = {"requests": ["2.32.0", ["urllib3", "PySocks>=1.5; extra == 'socks'"]], "urllib3": ["2.0", []]}
    found = missing(want("requests[socks]"), image(distributions=distributions))
    assert names(found) == ["PySocks>=1.5"]
    assert found[0].source == "a file (requests[socks])"


def test_the_refusal_names_each_package_who_wants_it_and_the_setting() -> None:
    text = str(refuse(want("foo>=1", "bar").python))
    assert "foo>=1, wanted by a file" in text
    assert "install-requirements" in text
    assert refuse(()).return_code == 2
