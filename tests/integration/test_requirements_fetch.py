"""With this machine's real pip, and a folder in place of an index."""

from __future__ import annotations

import sys
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from hub_runner.errors import EnvironmentFailure, UsageError
from hub_runner.requirements.fetch import Fetched, fetch
from hub_runner.requirements.inventory import Inventory
from hub_runner.requirements.recipe import Recipe
from hub_runner.requirements.wanted import Package
from tests.unit.requirements.images import image
from tests.unit.requirements.test_archives import METADATA, sdist


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that pip looks into, and nowhere else."""
    folder = tmp_path / "index"
    folder.mkdir()
    for name in ("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    return folder


def wheel(index: Path, name: str, version: str = "1.0", *requires: str, tag: str = "py3-none-any") -> None:
    place = f"{name.replace('-', '_')}-{version}"
    lines = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}", *(f"Requires-Dist: {it}" for it in requires)]
    with zipfile.ZipFile(index / f"{place}-{tag}.whl", "w") as archive:
        archive.writestr(f"{name.replace('-', '_')}.py", "")
        archive.writestr(f"{place}.dist-info/METADATA", "\n".join(lines) + "\n")
        archive.writestr(f"{place}.dist-info/WHEEL", f"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: {tag}\n")
        archive.writestr(f"{place}.dist-info/RECORD", "")


def fetched(index: Path, *texts: str, image: Inventory = image(), options: tuple[str, ...] | None = None) -> Fetched:
    packages = [Package(requirement=Requirement(text), source="requirements.txt, line 1") for text in texts]
    where = ("--no-index", f"--find-links={index}") if options is None else options
    folder = index.parent / "fetched"
    folder.mkdir(exist_ok=True)
    return fetch(packages, image, Recipe(base="", packages=texts, options=where), folder, timeout=60)


def test_a_package_is_fetched_with_what_it_needs(index: Path) -> None:
    wheel(index, "foo", "1.0", "bar>=2")
    wheel(index, "bar", "1.0")
    wheel(index, "bar", "2.0")
    found = fetched(index, "foo")
    assert found.versions == {"foo": "1.0", "bar": "2.0"}
    assert found.names == {"foo", "bar"}
    assert sorted(path.name for path in (found.folder / "wheels").iterdir()) == [
        "bar-2.0-py3-none-any.whl",
        "foo-1.0-py3-none-any.whl",
    ]


def test_a_variable_in_an_option_has_its_value_as_with_pip(index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wheel(index, "foo", "1.0")
    monkeypatch.setenv("WHEELS", str(index))
    assert fetched(index, "foo", options=("--no-index", "--find-links=${WHEELS}")).versions == {"foo": "1.0"}


def test_what_the_image_has_is_not_fetched_again(index: Path) -> None:
    wheel(index, "foo", "1.0", "bar", "spam[x]")
    wheel(index, "bar", "2.0")
    wheel(index, "eggs", "1.0")
    distributions = {"bar": ["1.0+dfsg", []], "spam": ["3.0", ["eggs; extra == 'x'", "never"]]}
    found = fetched(index, "foo", image=image(distributions=distributions))
    assert found.versions == {"foo": "1.0", "eggs": "1.0"}


def test_markers_count_with_the_images_python_and_not_with_ours(index: Path) -> None:
    wheel(
        index,
        "foo",
        "1.0",
        "old; python_version < '3.10'",
        f"ours; python_version == '{sys.version_info[0]}.{sys.version_info[1]}'",
    )
    wheel(index, "old")
    assert fetched(index, "foo").versions == {"foo": "1.0", "old": "1.0"}


def test_wheels_are_those_of_the_images_platform(index: Path) -> None:
    wheel(index, "foo", "1.0", tag="cp39-cp39-manylinux_2_17_x86_64")
    wheel(index, "foo", "2.0", tag="cp39-cp39-manylinux_2_36_x86_64")  # needs a younger libc
    wheel(index, "foo", "3.0", tag="cp312-cp312-manylinux_2_17_x86_64")
    assert fetched(index, "foo").versions == {"foo": "1.0"}


def test_a_source_archive_is_fetched_and_read_and_never_run(index: Path) -> None:
    setup = f"open({str(index.parent / 'was run')!r}, 'w')"
    sdist(index, {"PKG-INFO": METADATA + "Requires-Dist: bar\n", "setup.py": setup})
    for name in ("bar", "setuptools", "wheel"):
        wheel(index, name)
    found = fetched(index, "foo")
    assert found.versions == {"foo": "1.0", "bar": "1.0"}
    assert [source.path.name for source in found.sources] == ["foo-1.0.tar.gz"]
    assert len(list((found.folder / "build").iterdir())) == 2
    assert not (index.parent / "was run").exists()


def test_a_conflict_deep_below_is_named_with_what_the_image_has(index: Path) -> None:
    wheel(index, "foo", "1.0", "lxml>=2")
    wheel(index, "lxml", "2.0")
    with pytest.raises(UsageError, match=r"(?s)foo, wanted by requirements\.txt, line 1.*lxml==1\.0 \(in the image\)"):
        fetched(index, "foo", image=image("lxml 1.0"))


def test_a_package_of_the_image_that_odoo_does_not_require_gives_way(index: Path) -> None:
    wheel(index, "foo", "1.0", "typing-extensions>=4.8", "bar")
    wheel(index, "typing-extensions", "4.9")
    wheel(index, "typing-extensions", "5.0")
    wheel(index, "bar", "2.0")
    distributions = {"typing_extensions": ["4.4.0", []], "bar": ["1.0", []], "spam": ["1", ["typing-extensions<5"]]}
    found = fetched(index, "foo", image=image(distributions=distributions))
    assert found.versions == {"foo": "1.0", "typing-extensions": "4.9"}


def test_a_package_that_gives_way_to_no_version_that_the_image_can_do_with_is_a_conflict(index: Path) -> None:
    wheel(index, "foo", "1.0", "bar>=2")
    wheel(index, "bar", "2.0")
    distributions = {"bar": ["1.0", []], "spam": ["1", ["bar<2"]]}
    with pytest.raises(UsageError, match=r"(?s)do not go together.*bar<2"):
        fetched(index, "foo", image=image(distributions=distributions))


def test_a_name_that_no_index_has_is_refused_with_the_setting_to_use(index: Path) -> None:
    with pytest.raises(
        UsageError, match=r'requirements\.txt, line 1 wants it.*python-packages = \["no_such=DISTRIBUTION"\]'
    ):
        fetched(index, "no-such")


def test_a_version_that_no_index_has_is_refused(index: Path) -> None:
    wheel(index, "foo")
    with pytest.raises(UsageError, match=r"No package index has foo>=2"):
        fetched(index, "foo>=2")


def test_an_index_that_does_not_answer_is_named_without_its_password(index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_RETRIES", "0")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with pytest.raises(EnvironmentFailure, match=r"does not answer as it should \(http://") as failed:
        fetched(index, "foo", options=("--index-url=http://user:secret@127.0.0.1:9/simple",))
    assert "127.0.0.1:9/simple" in str(failed.value)
    assert "secret" not in str(failed.value)


def test_a_proxy_that_does_not_answer_is_a_fault_of_the_environment(index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_RETRIES", "0")
    monkeypatch.setenv("PIP_PROXY", "http://127.0.0.1:9")
    with pytest.raises(EnvironmentFailure, match=r"index\.example"):
        fetched(index, "foo", options=("--index-url=https://index.example/simple",))
