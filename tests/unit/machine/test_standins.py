from pathlib import Path

import pytest

from hub_runner.engine.images import DB, ODOO, StandIn
from hub_runner.machine.standins import IMAGES, LABEL, base_command, build_command, recipe

MIRROR = "http://mirror.example/debian"


def test_a_recipe_changes_with_the_content_and_the_name_of_each_file(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM scratch")
    (tmp_path / "a").write_text("1")
    seen = {recipe(tmp_path)}
    (tmp_path / "a").write_text("2")
    seen.add(recipe(tmp_path))
    (tmp_path / "a").rename(tmp_path / "b")
    seen.add(recipe(tmp_path))
    assert len(seen) == 3
    assert recipe(tmp_path) in seen


@pytest.mark.parametrize("stand_in", [ODOO, DB])
def test_a_build_bears_its_recipe_and_its_name_and_takes_packages_from_the_given_mirror(stand_in: StandIn) -> None:
    command = build_command(stand_in, MIRROR)
    assert f"{LABEL}={recipe(IMAGES / stand_in.folder)}" in command
    assert f"MIRROR={MIRROR}" in command
    assert command[-3:] == ("--tag", stand_in.reference, str(IMAGES / stand_in.folder))
    assert Path(command[-1], "Dockerfile").is_file()


def test_no_recipe_names_a_mirror_of_its_own() -> None:
    for path in IMAGES.rglob("*"):
        assert path.is_dir() or "://" not in path.read_text()


def test_a_base_from_a_mirror_with_https_can_check_its_certificate() -> None:
    assert "--include=ca-certificates" in base_command("https://mirror.example/debian", Path("base.tar"))
    assert "--include=ca-certificates" not in base_command(MIRROR, Path("base.tar"))
