from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import docker
import pytest
from docker.errors import APIError

from hub_runner.engine.client import Engine
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


class Looking:
    """An engine whose own logging driver is ``none``: it keeps the log of those containers only that ask for another one."""

    def __init__(self) -> None:
        self.api, self.removed = self, list[str]()

    create_host_config = staticmethod(docker.APIClient(version="1.41").create_host_config)

    def create_container(self, image: str, host_config: dict[str, Any] | None = None, **_: object) -> dict[str, str]:
        self.driver = (host_config or {}).get("LogConfig", {}).get("Type", "none")
        return {"Id": image}

    def start(self, container: str) -> None: ...

    def wait(self, container: str, timeout: float) -> None: ...

    def logs(self, container: str) -> bytes:
        if self.driver == "none":
            raise APIError("configured logging driver does not support reading")
        return b"{}"

    def remove_container(self, container: str, *, force: bool, v: bool) -> None:
        self.removed += [container] if force and v else []


def test_an_engine_that_keeps_no_logs_shows_what_an_image_has_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With `log-driver` none each module with requirements ended with 4, as if the image had no Python."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    engine = Looking()
    assert inventory._look(cast(Engine, engine), "odoo", {}) == "{}"
    assert engine.removed == ["odoo"]


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
