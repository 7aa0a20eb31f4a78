from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture
def docker(tmp_path: Path) -> Path:
    """A folder for a `docker` of the test's own, first on PATH. Fill it with ``says``."""
    folder = tmp_path / "bin"
    folder.mkdir()
    return folder
