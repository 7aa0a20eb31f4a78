"""The derived image on the real engine, made from the image that runs use, with a folder in place of an index."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from hub_runner.engine import images
from hub_runner.engine.client import Engine
from hub_runner.engine.environment import Environment
from hub_runner.engine.model import Service
from hub_runner.errors import UsageError
from hub_runner.observers import Observers
from hub_runner.requirements import store
from hub_runner.requirements.provide import equipped
from hub_runner.requirements.wanted import Package, Wanted
from hub_runner.settings import Settings
from tests.integration.test_requirements_fetch import wheel
from tests.unit.requirements.test_archives import METADATA, sdist
from tests.unit.test_result import Told

pytestmark = pytest.mark.integration
NAME = "hub-runner-test-probe"  # no index has it
SECRET = "a-secret-of-the-index"


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_INDEX_URL", f"https://user:{SECRET}@127.0.0.1:9/simple")
    folder = tmp_path / "index"
    folder.mkdir()
    return folder


@pytest.fixture
def base(engine: Engine) -> str:
    return images.choose(Settings(root=Path("/")), engine.client).odoo


@pytest.fixture
def environment(engine: Engine, base: str, tmp_path: Path) -> Iterator[tuple[Environment, Told]]:
    told = Told()
    yield (
        Environment(
            run_id=f"t{os.getpid()}-requirements",
            engine=engine,
            model={"name": "t", "services": {"odoo": {"image": base}}},
            password="",
            environ=os.environ,
            observers=Observers([told]),
        ),
        told,
    )
    for derived in store.derived_images(engine):
        if NAME in derived.about["packages"]:
            store.remove(engine, derived)


def roomy(root: Path) -> Settings:
    """No image that another test starts from is removed to make room."""
    return Settings(root=root, cache_limit=1000.0)


def wanted(index: Path, *texts: str) -> Wanted:
    packages = tuple(Package(requirement=Requirement(text), source="requirements.txt, line 1") for text in texts)
    return Wanted(python=packages, options=("--no-index", f"--find-links={index}"))


def python(engine: Engine, image: str, program: str) -> str:
    """What a program prints as the image's own user."""
    container = engine.client.containers.create(image, [program], entrypoint=["python3", "-c"])
    try:
        container.start()
        container.wait()
        return str(container.logs().decode()).strip()
    finally:
        container.remove(force=True, v=True)  # `run(remove=True)` would leave the volumes that the image declares


def test_a_package_is_there_for_the_images_user_and_made_once(
    engine: Engine, index: Path, base: str, environment: tuple[Environment, Told]
) -> None:
    wheel(index, NAME, "1.5")
    settings, (env, told) = roomy(index), environment
    with equipped(env, wanted(index, NAME), settings, labels={}) as (found, packages):
        assert packages == (f"{NAME} 1.5",)
        assert found.odoo_base == base
        image = found.model["services"]["odoo"]["image"]
        here = [it for it in store.derived_images(engine) if it.reference == image]
        assert not store.remove(engine, here[0]), "a run starts from it"
    module = NAME.replace("-", "_")
    assert python(engine, image, f"import {module}, os; print({module}.__name__, os.getuid() != 0)") == f"{module} True"
    assert sum("Adding" in line for line in told.words) == 1
    (index / next(index.iterdir()).name).unlink()
    with equipped(env, wanted(index, NAME), settings, labels={}) as (again, _):
        assert again.model["services"]["odoo"]["image"] == image
    assert sum("Adding" in line for line in told.words) == 1
    every = json.dumps([engine.api.inspect_image(image), engine.api.history(image)])
    assert SECRET not in every
    assert engine.bearing(f"com.docker.compose.project={env.run_id}") == []


def test_a_source_archive_is_built_in_the_image_without_a_network(
    engine: Engine, index: Path, environment: tuple[Environment, Told]
) -> None:
    """Its build has nothing to be built with but what it says, and reaches nobody."""
    backend = """
import os, socket, zipfile
def build_wheel(folder, config_settings=None, metadata_directory=None):
    network = "none"
    try:
        socket.create_connection(("1.1.1.1", 53), timeout=2)
        network = "open"
    except OSError:
        pass
    found = [name for name, value in os.environ.items() if "a-secret-of" in value]
    with zipfile.ZipFile(os.path.join(folder, "foo-1.0-py3-none-any.whl"), "w") as wheel:
        wheel.writestr("foo.py", f"network = {network!r}\\nsecrets = {found!r}\\n")
        wheel.writestr("foo-1.0.dist-info/METADATA", "Metadata-Version: 2.1\\nName: foo\\nVersion: 1.0\\n")
        wheel.writestr("foo-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
        wheel.writestr("foo-1.0.dist-info/RECORD", "")
    return "foo-1.0-py3-none-any.whl"
"""
    build = "[build-system]\nrequires = []\nbuild-backend = 'backend'\nbackend-path = ['.']\n"
    sdist(index, {"PKG-INFO": METADATA, "pyproject.toml": build, "backend.py": backend})
    wheel(index, NAME, "1.0")
    with equipped(environment[0], wanted(index, "foo", NAME), roomy(index), labels={}) as (found, _):
        image = found.model["services"]["odoo"]["image"]
        assert python(engine, image, "import foo; print(foo.network, foo.secrets)") == "none []"


def test_an_image_that_the_compose_file_builds_gets_the_same_treatment_on_top(
    engine: Engine, index: Path, base: str, environment: tuple[Environment, Told]
) -> None:
    wheel(index, NAME, "1.7")
    (index / "Dockerfile").write_text(f"FROM {base}\nENV BUILT=by-compose\n")
    service: Service = {"image": f"t{os.getpid()}-built", "build": {"context": str(index)}}
    built = replace(environment[0], model={"name": environment[0].run_id, "services": {"odoo": service}})
    try:
        with equipped(built, wanted(index, NAME), roomy(index), labels={}) as (found, packages):
            assert packages == (f"{NAME} 1.7",)
            odoo = found.model["services"]["odoo"]
            assert "build" not in odoo
            program = f"import {NAME.replace('-', '_')}, os; print(os.environ['BUILT'])"
            assert python(engine, odoo["image"], program) == "by-compose"
    finally:
        for derived in store.derived_images(engine):
            if NAME in derived.about["packages"]:
                store.remove(engine, derived)
        engine.api.remove_image(service["image"])


def test_what_may_not_be_installed_is_refused_without_an_index(index: Path, environment: tuple[Environment, Told]) -> None:
    settings = Settings(root=index, install_requirements=False)
    with (
        pytest.raises(UsageError, match=rf"{NAME}, wanted by requirements\.txt, line 1"),
        equipped(environment[0], wanted(index, NAME), settings, labels={}),
    ):
        pass


def test_what_the_image_has_costs_nothing(index: Path, environment: tuple[Environment, Told]) -> None:
    with equipped(environment[0], wanted(index, "psycopg2", "lxml>=1"), roomy(index), labels={}) as (
        found,
        packages,
    ):
        assert (found, packages) == (environment[0], ())
    assert environment[1].words == []
