from __future__ import annotations

from dataclasses import replace

import pytest
from packaging.requirements import Requirement

from hub_runner.errors import UsageError
from hub_runner.requirements.missing import Lacking, missing
from hub_runner.requirements.system import SystemPackage
from hub_runner.requirements.wanted import Package, Wanted
from tests.unit.requirements.images import image


def want(*texts: str, **values: object) -> Wanted:
    return Wanted(python=tuple(Package(requirement=Requirement(text), source="a file", **values) for text in texts))  # type: ignore[arg-type]


def names(lacking: Lacking) -> list[str]:
    return [str(package.requirement) for package in lacking.python]


def test_what_is_there_in_whatever_spelling_costs_nothing() -> None:
    assert missing(want("Foo_Bar", "baz>=1,<3"), image("foo-bar 1.0", "baz 2.0+dfsg")) == Lacking()


def test_what_is_not_there_is_missing() -> None:
    assert names(missing(want("foo", "bar"), image("bar 1"))) == ["foo"]


def test_markers_are_read_with_the_values_of_the_image() -> None:
    found = missing(want("foo; python_version < '3.10'", "bar; python_version >= '3.10'"), image())
    assert names(found) == ['foo; python_version < "3.10"']


def test_a_name_in_a_manifest_may_be_that_of_an_import() -> None:
    named = Package(requirement=Requirement("dataclasses"), source="a manifest", imported="dataclasses")
    assert missing(Wanted(python=(named,)), image(importable=["dataclasses"])) == Lacking()


def test_an_import_of_that_name_does_not_satisfy_a_requirements_file() -> None:
    assert names(missing(want("foo"), image(importable=["foo"]))) == ["foo"]


def test_a_version_that_nobody_understands_satisfies_a_name_alone() -> None:
    assert missing(want("foo"), image("foo unknown")) == Lacking()
    with pytest.raises(UsageError, match="lxml>=1"):
        missing(want("lxml>=1"), image("lxml unknown"))


def test_extras_of_what_is_there_may_be_missing() -> None:
    distributions = {"requests": ["2.32.0", ["urllib3", "PySocks>=1.5; extra == 'socks'"]], "urllib3": ["2.0", []]}
    found = missing(want("requests[socks]"), image(distributions=distributions))
    assert names(found) == ["PySocks>=1.5"]
    assert found.python[0].source == "a file (requests[socks])"


def test_the_refusal_names_each_package_who_wants_it_and_the_setting() -> None:
    with pytest.raises(UsageError, match="install-requirements") as refused:
        missing(replace(want("foo>=1", "bar"), system=(XMLSEC,)), image(), install=False)
    assert "lacks 3 packages" in str(refused.value)
    assert "foo>=1, wanted by a file" in str(refused.value)
    assert "xmlsec1 (of the system), wanted by a manifest" in str(refused.value)


XMLSEC = SystemPackage(name="xmlsec1", source="a manifest", program="xmlsec1")


def test_a_program_that_is_there_needs_no_package() -> None:
    wanted = Wanted(system=(XMLSEC,))
    assert missing(wanted, image(programs=["xmlsec1"])) == Lacking()
    assert missing(wanted, image()).system == (XMLSEC,)


def test_a_package_of_the_system_that_is_there_costs_nothing() -> None:
    package = SystemPackage(name="libxml2:amd64=2.1", source="the setting")
    assert missing(Wanted(system=(package,)), image(packages={"libxml2": "2.1"})) == Lacking()
    assert missing(Wanted(system=(package,)), image(packages={"libxml2": "2.0"})).system == (package,)


def test_a_program_that_no_known_package_brings_is_refused_with_the_setting() -> None:
    with pytest.raises(UsageError, match=r'system-packages = \["frob=PACKAGE"\]'):
        missing(Wanted(system=(SystemPackage(name="", source="a manifest", program="frob"),)), image())


def test_an_image_without_apt_gets_no_packages_of_the_system() -> None:
    with pytest.raises(UsageError, match="no apt-get to install xmlsec1, wanted by a manifest"):
        missing(Wanted(system=(XMLSEC,)), image(programs=[]))


def test_a_browser_comes_with_what_odoo_talks_to_it_with() -> None:
    found = missing(Wanted(browser=True), image())
    assert found.names == ("websocket-client", "ffmpeg", "chromium")


def test_a_browser_that_is_there_is_used() -> None:
    seen = image(programs=["apt-get", "ffmpeg", "google-chrome"], importable=["websocket"])
    assert missing(Wanted(browser=True), seen) == Lacking()


def test_ubuntu_gets_googles_own_package_because_its_chromium_is_an_empty_shell() -> None:
    found = missing(Wanted(browser=True), image(system={"ID": "ubuntu"}))
    assert found.system[-1].name.endswith("google-chrome-stable_current_amd64.deb")


def test_ubuntu_on_another_processor_has_no_browser_that_is_known() -> None:
    with pytest.raises(UsageError, match="knows none for Ubuntu on aarch64"):
        missing(Wanted(browser=True), image(system={"ID": "ubuntu"}, machine="aarch64"))


def test_a_browser_that_may_not_be_installed_is_no_reason_to_refuse_a_run() -> None:
    assert missing(Wanted(browser=True), image(), install=False) == Lacking()
