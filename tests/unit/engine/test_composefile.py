"""The compose file as compose reads it, and what is said of one that it cannot read."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hub_runner.engine.composefile import dotenv_variables, read, resolve
from hub_runner.engine.model import PASSWORD, PLACEHOLDER, Content, Model
from hub_runner.errors import EnvironmentFailure, UsageError
from tests.unit.engine.fake import says


@pytest.mark.parametrize(
    "words",
    [
        "docker: 'compose' is not a docker command.\nSee 'docker --help'",
        "docker: unknown command: docker compose\n\nRun 'docker --help' for more information",
        "unknown flag: --file\nSee 'docker --help'.",
        "unknown shorthand flag: 'f' in -f",
    ],
)
def test_a_missing_plugin_is_no_fault_of_the_compose_file(docker: Path, tmp_path: Path, words: str) -> None:
    (tmp_path / "c.yml").touch()
    with pytest.raises(EnvironmentFailure, match=r"compose plugin is missing or too old.*nox -s setup") as refusal:
        resolve(tmp_path / "c.yml", says(docker, words))
    assert words.splitlines()[0] in str(refusal.value)


def test_a_client_that_does_not_start_is_no_fault_of_the_compose_file(docker: Path, tmp_path: Path) -> None:
    (tmp_path / "c.yml").touch()
    with pytest.raises(EnvironmentFailure, match=r'docker context ls(?s:.*)context "gone": context not found'):
        resolve(tmp_path / "c.yml", says(docker, 'Failed to initialize: context "gone": context not found'))


@pytest.mark.parametrize(
    "words", ["fatal error: failed to reserve page summary memory", "panic: x", "runtime: out of memory"]
)
def test_a_client_that_breaks_down_is_no_fault_of_the_compose_file(docker: Path, tmp_path: Path, words: str) -> None:
    """With `ulimit -v` the file was called invalid, with forty lines of Go below."""
    (tmp_path / "c.yml").touch()
    with pytest.raises(EnvironmentFailure, match=rf"broke down while it read \S+c\.yml\..*`ulimit -a`.*{words}\.$"):
        resolve(tmp_path / "c.yml", says(docker, f"{words}\n\nruntime stack:\nruntime.throw(0)"))


def test_what_compose_says_of_a_file_is_passed_on(docker: Path, tmp_path: Path) -> None:
    (tmp_path / "c.yml").touch()
    with pytest.raises(UsageError, match=r"c\.yml is not a valid compose file:\nyaml: line 3"):
        resolve(tmp_path / "c.yml", says(docker, "yaml: line 3: oh no"))


def test_a_missing_compose_file_is_refused_before_docker_is_touched(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"no compose file .*gone\.yml"):
        resolve(tmp_path / "gone.yml", {"PATH": ""})


def test_secrets_and_configs_that_a_dotenv_fills_are_known_when_the_model_is_started(docker: Path, tmp_path: Path) -> None:
    """Compose was given no .env then, and said that the variable is not set."""
    values = {"TOKEN": "a$$b", "GONE": PLACEHOLDER}
    answer = json.dumps({"services": {"odoo": {"environment": values}}})
    secrets: dict[str, Content] = {"file": {}, "own": {"environment": PASSWORD}, "here": {"environment": "PATH"}}
    secrets["token"] = {"environment": "TOKEN"}
    model: Model = {"name": "x", "services": {}, "secrets": secrets, "configs": {"c": {"environment": "GONE"}}}
    assert dotenv_variables(model, says(docker, answer, 0), tmp_path) == {"TOKEN": "a$b"}
    assert dotenv_variables({"name": "x", "services": {}}, says(docker, "oh no"), tmp_path) == {}, "nobody is asked"


def test_variables_that_are_set_nowhere_are_named_once(docker: Path, tmp_path: Path) -> None:
    """A clone without its `.env` was told of an image that is called `odoo:`."""
    (tmp_path / "c.yml").touch()
    model = json.dumps({"services": {"odoo": {"image": "x", "healthcheck": {"test": ["CMD", "true"]}}}})
    warning = r'time="x" level=warning msg="The \"TAG\" variable is not set. Defaulting to a blank string."'
    environ = says(docker, f"{model}\nE\nfor _ in 1 2; do echo '{warning}' >&2; done\ncat <<'E'", 0)
    assert read(tmp_path / "c.yml", environ)[1] == ["TAG"]


def test_values_that_compose_writes_and_does_not_read_are_mended(docker: Path, tmp_path: Path) -> None:
    (tmp_path / "c.yml").touch()
    blkio = {"weight": 300, "device_read_bps": [{"Path": "/dev/sda", "Rate": "12582912"}]}
    odoo = {"image": "x", "healthcheck": {"test": ["CMD", "true"]}, "memswap_limit": "-1", "blkio_config": blkio}
    service = resolve(tmp_path / "c.yml", says(docker, json.dumps({"services": {"odoo": odoo}}), 0))["services"]["odoo"]
    assert service["memswap_limit"] == -1
    assert service["blkio_config"] == {"weight": 300, "device_read_bps": [{"path": "/dev/sda", "rate": "12582912"}]}
