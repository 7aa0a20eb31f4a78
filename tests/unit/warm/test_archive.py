"""Of a file from elsewhere nothing is loaded but prepared databases, under their own names."""

from __future__ import annotations

import io
import json
import tarfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from hub_runner.errors import UsageError
from hub_runner.warm import archive
from hub_runner.warm.label import LABEL
from tests.unit.warm.labels import label_of
from tests.unit.warm.test_recipe import RECIPE

OTHER = replace(RECIPE, modules=("base",))


def config(labels: object) -> bytes:
    return json.dumps({"config": {"Labels": labels}}).encode()


def entry(tags: object, configuration: str = "blobs/good", layers: object = ("blobs/layer",)) -> dict[str, Any]:
    return {"RepoTags": tags, "Config": configuration, "Layers": layers}


def packed(entries: object, links: dict[str, str] | None = None) -> tarfile.TarFile:
    files = {
        "manifest.json": json.dumps(entries).encode(),
        "index.json": b"an image of another name",
        "blobs/good": config({LABEL: json.dumps(label_of(RECIPE))}),
        "blobs/none": config(None),
        "blobs/layer": b"the layer" * 1000,
        "blobs/other": b"of another image",
    }
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
        for name, target in (links or {}).items():
            member = tarfile.TarInfo(name)
            member.type, member.linkname = tarfile.SYMTYPE, target
            tar.addfile(member)
    buffer.seek(0)
    return tarfile.open(fileobj=buffer)  # the test reads it


def loaded(tar: tarfile.TarFile) -> tuple[list[Any], dict[str, bytes | None]]:
    """What the engine is given: the description, and the other members."""
    entries = list(archive._prepared(tar))
    with tarfile.open(fileobj=io.BytesIO(b"".join(archive._filtered(tar, entries)))) as given:
        members = {it.name: file.read() if (file := given.extractfile(it)) and it.isfile() else None for it in given}
    description = json.loads(members.pop("manifest.json") or b"")
    return description, members


NAME = f"hub-runner/cache:{RECIPE.key}"


def test_a_prepared_database_comes_through_with_its_layers_and_nothing_else() -> None:
    description, members = loaded(packed([entry([NAME]), entry(["odoo:18.0"], "blobs/other", ["blobs/other"])]))
    assert [it["RepoTags"] for it in description] == [[NAME]]
    assert members == {"blobs/good": config({LABEL: json.dumps(label_of(RECIPE))}), "blobs/layer": b"the layer" * 1000}


@pytest.mark.parametrize(
    "entries",
    [
        [entry(["odoo:18.0"])],
        [entry([NAME, "odoo:18.0"])],
        [entry([f"hub-runner/cache:{OTHER.key}"])],
        [entry([NAME], "blobs/none")],
        [entry([NAME], "blobs/missing")],
        [entry([NAME], "index.json")],
        [entry(None)],
        [entry("text")],
        [{"RepoTags": [NAME]}],
        ["text"],
        {"RepoTags": [NAME]},
        None,
    ],
    ids=str,
)
def test_whatever_is_not_what_its_name_says_is_left_out(entries: object) -> None:
    assert list(archive._prepared(packed(entries))) == []


def test_a_link_may_lead_to_another_layer_and_nowhere_else() -> None:
    tar = packed(
        [entry([NAME], layers=["blobs/layer", "a/layer.tar", "b/layer.tar"])],
        links={"a/layer.tar": "../blobs/layer", "b/layer.tar": "../../../etc/shadow", "c": "blobs/layer"},
    )
    assert set(loaded(tar)[1]) == {"blobs/good", "blobs/layer", "a/layer.tar"}


@pytest.mark.parametrize("content", [b"", b"no archive", None], ids=["empty", "text", "missing"])
def test_a_file_that_is_no_archive_is_refused(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "databases.tar"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(UsageError, match=r"databases\.tar (cannot be read|holds no prepared database)"):
        archive.load(file, timeout=1)


@pytest.mark.parametrize("mode", ["w:xz", "w:gz"])
def test_a_compressed_file_that_is_damaged_is_refused(tmp_path: Path, mode: Any) -> None:
    path = tmp_path / "databases.tar"
    with tarfile.open(path, mode) as tar:
        member = tarfile.TarInfo("manifest.json")
        member.size = 2**19
        tar.addfile(member, io.BytesIO(json.dumps([*range(2**17)]).encode()[: member.size]))
    content = bytearray(path.read_bytes())
    content[len(content) // 2 : len(content) // 2 + 99] = bytes(99)
    path.write_bytes(content)
    with pytest.raises(UsageError, match=r"databases\.tar cannot be read as an archive"):
        archive.load(path, timeout=1)
