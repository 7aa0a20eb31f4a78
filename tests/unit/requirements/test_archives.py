from __future__ import annotations

import io
import tarfile
import zipfile
from pathlib import Path

import pytest
from packaging.version import Version

from hub_runner.errors import UsageError
from hub_runner.requirements import archives


def sdist(folder: Path, files: dict[str, str], name: str = "foo-1.0.tar.gz") -> Path:
    path = folder / name
    if path.suffix == ".zip":
        with zipfile.ZipFile(path, "w") as archive:
            for file, text in files.items():
                archive.writestr(f"foo-1.0/{file}", text)
        return path
    with tarfile.open(path, "w:gz") as tar:
        for file, text in files.items():
            entry = tarfile.TarInfo(f"foo-1.0/{file}")
            entry.size = len(text)
            tar.addfile(entry, io.BytesIO(text.encode()))
    return path


METADATA = "Metadata-Version: 2.1\nName: foo\nVersion: 1.0\n"


@pytest.mark.parametrize("name", ["foo-1.0.tar.gz", "foo-1.0.zip"])
def test_a_source_archive_says_what_it_needs_without_being_run(tmp_path: Path, name: str) -> None:
    texts = {
        "PKG-INFO": METADATA + "Requires-Dist: bar>=1\nRequires-Dist: baz; extra == 'x'\n",
        "pyproject.toml": "[build-system]\nrequires = ['hatchling']\n",
        "setup.py": "raise SystemExit('was run')",
    }
    found = archives.read_source(sdist(tmp_path, texts, name))
    assert (found.name, found.version) == ("foo", Version("1.0"))
    assert found.requires == ("bar>=1", "baz; extra == 'x'")
    assert found.build == ("hatchling",)


def test_an_older_archive_has_its_requirements_in_a_file_of_setuptools(tmp_path: Path) -> None:
    requires = 'bar>=1\n\n[:python_version < "3.8"]\nold\n\n[x]\nextra\n'
    found = archives.read_source(sdist(tmp_path, {"PKG-INFO": METADATA, "foo.egg-info/requires.txt": requires}))
    assert found.requires == ("bar>=1", 'old; python_version < "3.8"')
    assert found.build == ("setuptools", "wheel")


@pytest.mark.parametrize("text", ["", "Name: foo\n"])
def test_an_archive_that_says_nothing_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(UsageError, match=r"foo-1\.0\.tar\.gz is a source archive without"):
        archives.read_source(sdist(tmp_path, {"PKG-INFO": text}))


def test_a_file_that_is_no_archive_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "foo-1.0.tar.gz"
    path.write_bytes(b"not an archive")
    with pytest.raises(UsageError, match="without a PKG-INFO"):
        archives.read_source(path)


def test_a_build_system_that_cannot_be_read_is_taken_for_setuptools(tmp_path: Path) -> None:
    found = archives.read_source(sdist(tmp_path, {"PKG-INFO": METADATA, "pyproject.toml": "[build-system"}))
    assert found.build == ("setuptools", "wheel")


def test_a_stub_is_told_from_a_wheel_by_a_version_that_no_index_can_have(tmp_path: Path) -> None:
    assert archives.stub(tmp_path, "Foo.Bar", Version("1.2+dfsg")) == "1.2+dfsg.hubrunner"
    (stub,) = tmp_path.iterdir()
    assert stub.name == "foo_bar-1.2+dfsg.hubrunner-py3-none-any.whl"
    assert archives.is_stub(stub)
    assert not archives.is_stub(Path("foo_bar-1.2-py3-none-any.whl"))


def test_the_names_that_a_wheel_makes_importable(tmp_path: Path) -> None:
    path = tmp_path / "foo-1-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as wheel:
        for name in ("foo/__init__.py", "bar.py", "_fast.cpython-39-x86_64-linux-gnu.so", "foo-1.dist-info/METADATA"):
            wheel.writestr(name, "")
    assert archives.top_level(path) == {"foo", "bar", "_fast"}
