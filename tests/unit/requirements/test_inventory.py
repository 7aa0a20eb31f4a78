from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from hub_runner.requirements import inventory
from hub_runner.requirements.inventory import LOOK
from tests.unit.requirements.images import image


def test_what_this_python_has_is_seen_as_it_is_in_an_image() -> None:
    done = subprocess.run(
        (sys.executable, "-c", LOOK.read_text(encoding="utf-8")), capture_output=True, check=True, timeout=60
    )
    seen = json.loads(done.stdout)
    assert seen["environment"]["python_version"] == ".".join(map(str, sys.version_info[:2]))
    assert {"json", "sys", "pytest"} <= set(seen["importable"])
    assert seen["distributions"]["pytest"][0]
    assert seen["odoo_imports"] == []


@pytest.mark.parametrize("addons", ["odoo/addons", "addons"], ids=["a package", "a tree of sources"])
def test_what_odoos_modules_import_is_seen_wherever_they_lie(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, addons: str
) -> None:
    """A prepared database was shared with images whose packages change what Odoo's modules install."""
    for name, text in (
        (addons + "/phone_validation", "try:\n    import phonenumbers\nexcept ImportError: ...\n"),
        ("odoo", ""),
    ):
        (tmp_path / name).mkdir(parents=True, exist_ok=True)
        (tmp_path / name / "__init__.py").write_text(text)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    look = (sys.executable, "-c", LOOK.read_text(encoding="utf-8"))
    done = subprocess.run(look, capture_output=True, check=True, timeout=60)
    assert "phonenumbers" in json.loads(done.stdout)["odoo_imports"]


def test_wheels_of_every_older_libc_fit_the_most_special_first() -> None:
    platforms = image().platforms  # glibc 2.31
    assert platforms[0] == "manylinux_2_31_x86_64"
    assert platforms.index("manylinux_2_17_x86_64") + 1 == platforms.index("manylinux2014_x86_64")
    assert platforms[-1] == "linux_x86_64"
    assert "manylinux_2_32_x86_64" not in platforms


def test_another_libc_takes_wheels_for_this_processor_alone() -> None:
    assert image(libc=["", ""], machine="aarch64").platforms == ["linux_aarch64"]


def test_what_is_kept_is_removed_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    for name in ("inventories", "modules", "something"):
        (tmp_path / "hub-runner" / name).mkdir(parents=True)
    (tmp_path / "hub-runner" / "repositories").symlink_to(tmp_path)
    assert [line.rpartition("/")[2] for line in inventory.clean()] == ["inventories", "modules"]
    assert sorted(path.name for path in (tmp_path / "hub-runner").iterdir()) == ["repositories", "something"]


def test_what_a_run_has_seen_is_known_by_the_images_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    name = "registry:5000/odoo:19.0"
    assert inventory.known(name) is None
    engine = SimpleNamespace(digest=lambda _: "sha256:ab")
    monkeypatch.setattr(inventory, "_look", lambda *_: json.dumps(image("requests 2.31").seen))
    inventory.inventory(engine, name, {})  # type: ignore[arg-type]  # only its digest is asked for
    seen = inventory.known(name)
    assert seen
    assert "requests" in seen.distributions
