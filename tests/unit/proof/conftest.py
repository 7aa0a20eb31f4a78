from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.unit.proof import honest
from tests.unit.proof.honest import Run
from tests.unit.proof.keys import Keys


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run that is copied for each test."""
    root = tmp_path_factory.mktemp("proof") / "checkout"
    result = honest.result(root, honest.repository(root))
    return Run(root, honest.write(result, root / "out"), result)


@pytest.fixture
def run(made: Run, tmp_path: Path) -> Run:
    """An honest run whose files, and whose repository, a test may change."""
    root = tmp_path / "checkout"
    shutil.copytree(made.root, root)
    return Run(root, root / made.folder.relative_to(made.root), made.honest)


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Keys:
    return Keys.made(tmp_path_factory.mktemp("keys"))


@pytest.fixture
def signed(run: Run, keys: Keys) -> Run:
    """The same, signed by the agent, in a repository that knows the agent and the CI."""
    run.anew(run.honest, keys.private("agent"))
    keys.allow(run.root, ("agent", ""), ("ci", 'namespaces="hub-runner"'))
    return run
