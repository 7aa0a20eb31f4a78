"""What tests of every kind share."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# How fast this host is today says nothing about the code.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")

# Tests that were started with nohup would hand an ignored hang-up on to all that they start, which respects it.
signal.signal(signal.SIGHUP, signal.SIG_DFL)

MANIFEST = '{"name": "Probe", "summary": "A module", "license": "LGPL-3"}\n'


@pytest.fixture
def addons(tmp_path: Path) -> Path:
    """A folder for modules. Fill it with ``write_module``."""
    folder = tmp_path / "addons"
    folder.mkdir()
    return folder


def write_module(addons: Path, name: str, manifest: str = MANIFEST) -> Path:
    """A module of nothing but a manifest."""
    folder = addons / name
    folder.mkdir(parents=True)
    (folder / "__manifest__.py").write_text(manifest, encoding="utf-8")
    return folder
