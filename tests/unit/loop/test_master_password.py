from __future__ import annotations

import stat
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import docker
import pytest

from hub_runner.engine.client import Engine
from hub_runner.errors import EnvironmentFailure
from hub_runner.loop.master_password import Secret
from hub_runner.settings import Settings


def engine(identity: str = "ABCD:EFGH:IJKL:MNOP") -> Engine:
    return Engine(cast(docker.DockerClient, SimpleNamespace(api=SimpleNamespace(info=lambda: {"ID": identity}))))


def secret(tmp_path: Path, *, made: bool = True, project: str = "hub", host: str = "ABCD:EFGH:IJKL") -> Secret:
    settings = Settings(root=tmp_path, project=project)
    return Secret.of(settings, engine(host), made=made, environ={"XDG_STATE_HOME": str(tmp_path)})


def test_it_is_made_once_and_only_its_user_can_read_it(tmp_path: Path) -> None:
    first = secret(tmp_path)
    assert stat.S_IMODE(first.path.stat().st_mode) == 0o600
    assert secret(tmp_path) == first
    assert secret(tmp_path, made=False) == first
    assert len(first.master_password) >= 20
    assert first.database_password not in ("", first.master_password)


def test_each_engine_and_each_repository_has_one_of_its_own(tmp_path: Path) -> None:
    several = [secret(tmp_path), secret(tmp_path, project="evv"), secret(tmp_path, host="ZZZZ:EFGH:IJKL")]
    assert len({it.path for it in several}) == 3
    assert len({it.master_password for it in several}) == 3


@pytest.mark.parametrize(
    ("host", "end"),
    [("ABCD:EFGH:IJKL", "ABCDEFGHIJKL"), ("7c3bd0a4-1f2e-4d5c-9a8b-0123456789ab", "7c3bd0a41f2e")],
    ids=["colons", "dashes"],
)
def test_the_name_of_its_file_stays_for_ever(host: str, end: str, tmp_path: Path) -> None:
    """With another name, the database of a lasting environment could not be opened any more."""
    assert secret(tmp_path, host=host).path == tmp_path / "hub-runner" / f"hub-uat-env-{end}.password"


def test_one_that_was_lost_is_not_made_anew_for_a_database_that_knows_it(tmp_path: Path) -> None:
    with pytest.raises(EnvironmentFailure, match=r"cannot be read or written: .*`uat reset` removes the database, too"):
        secret(tmp_path, made=False)


def test_a_link_in_its_place_is_not_written_to(tmp_path: Path) -> None:
    path = secret(tmp_path).path
    path.unlink()
    path.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(EnvironmentFailure):
        secret(tmp_path)
    assert not (tmp_path / "elsewhere").exists()


def test_it_can_be_forgotten_twice(tmp_path: Path) -> None:
    it = secret(tmp_path)
    it.forget()
    it.forget()
    assert not it.path.exists()
