"""Requirements that nobody installs are known without an engine, once a run has looked at the image."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from hub_runner.checkout.lint.command import lint_modules
from hub_runner.checkout.modules import catalogue
from hub_runner.requirements import missing
from hub_runner.requirements.missing import unmet
from hub_runner.settings import Settings
from tests.conftest import write_module
from tests.unit.requirements.images import image

MANIFEST = "{'external_dependencies': {'python': [\n'requests',\n'qrcode']}}"


@pytest.fixture(autouse=True)
def looked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(missing, "known", lambda name: image("requests 2.31") if name == "mine" else None)


def lacking(addons: Path, **values: object) -> dict[str, tuple[str, ...]]:
    settings = Settings(root=addons.parent, **{"odoo_image": "mine", "install_requirements": False, **values})  # type: ignore[arg-type]
    return unmet(settings, catalogue([addons]))


def test_what_the_image_lacks_is_named_by_its_module(addons: Path) -> None:
    write_module(addons, "probe", MANIFEST)
    write_module(addons, "plain")
    assert lacking(addons) == {"probe": ("qrcode",)}


@pytest.mark.parametrize("values", [{"install_requirements": True}, {"odoo_image": "unknown"}])
def test_what_is_installed_or_not_known_is_not_judged(addons: Path, values: dict[str, object]) -> None:
    write_module(addons, "probe", MANIFEST)
    assert lacking(addons, **values) == {}


@pytest.mark.parametrize("manifest", ["{", "{'external_dependencies': {'python': ['a b']}}", "{'external_dependencies': 1}"])
def test_a_broken_manifest_is_left_to_who_tells_it(addons: Path, manifest: str) -> None:
    write_module(addons, "probe", manifest)
    assert lacking(addons) == {}


def test_lint_names_the_line_of_the_manifest(addons: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (write_module(addons, "probe", MANIFEST) / "__init__.py").touch()
    monkeypatch.chdir(addons.parent)
    out = io.StringIO()
    assert lint_modules(["probe"], Settings(root=addons.parent), out, unmet=lacking(addons)) == 1
    assert out.getvalue() == (
        "addons/probe/__manifest__.py:3: needs the Python package qrcode, which the image lacks, and "
        "`install-requirements` is off\n"
    )
