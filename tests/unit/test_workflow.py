"""The workflow of CI: its commands, as GitHub would read and run them."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path, PurePosixPath
from typing import Any

import pytest
import yaml

from hub_runner.report.statement import COVERED
from hub_runner.settings import BATCH_JSON, OWN_FOLDER, PROOF, REPORT, SIGNATURE

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / ".github" / "workflows" / "check.yml").read_text(encoding="utf-8")
JOBS: dict[str, Any] = yaml.safe_load(TEXT)["jobs"]


def test_its_matrix_holds_the_modules_of_the_checkout(tmp_path: Path) -> None:
    (command,) = (step["run"] for step in JOBS["plan"]["steps"] if step.get("id") == "matrix")
    output = tmp_path / "output"
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environ = {**os.environ, "PATH": path, "GITHUB_OUTPUT": str(output), "HUB_RUNNER_OUTPUT": str(tmp_path)}
    subprocess.run(("bash", "-e", "-c", command), cwd=ROOT, env=environ, check=True, timeout=60)
    values = dict(line.split("=", 1) for line in output.read_text(encoding="utf-8").splitlines())
    assert json.loads(values["matrix"]) == {"include": [{"shard": 1, "modules": "traction"}]}
    assert values["shards"] == "1"


def test_it_puts_no_name_into_a_script() -> None:
    """A folder's name would be code there."""
    scripts = [step["run"] for job in JOBS.values() for step in job["steps"] if "run" in step]
    assert scripts
    assert not [script for script in scripts if "${{" in script]


def test_it_tries_the_supported_pythons() -> None:
    tried = {*JOBS["python"]["strategy"]["matrix"]["python-version"], *re.findall(r'python-version: "([\d.]+)"', TEXT)}
    classifiers = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert tried == set(re.findall(r"Python :: (3\.\d+)", classifiers))


def documented() -> list[dict[str, Any]]:
    """The YAML examples of docs/ci.md: GitHub's, GitLab's pipeline, GitLab's shards, who pushes, a CI cache."""
    text = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")
    return [yaml.safe_load(block) for block in re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)]


def test_the_documented_example_for_github_is_the_workflow_that_is_tested() -> None:
    github, *_ = documented()
    for name, job in github["jobs"].items():
        own = [step for step in JOBS[name]["steps"] if step.get("run") != "pip install ."]
        shown = [step for step in job["steps"] if not step.get("run", "").startswith("pip install")]
        assert shown == own
    assert set(github["jobs"]) == {"plan", "shard", "verdict"}


def github_shard(steps: list[dict[str, Any]]) -> list[str]:
    (upload,) = (step["with"]["path"] for step in steps if step.get("uses", "").startswith("actions/upload-artifact"))
    return str(upload).split()


@pytest.mark.parametrize("file", [*COVERED, PROOF, SIGNATURE, REPORT])
def test_a_shard_uploads_of_each_run_what_verify_asks_for(file: str) -> None:
    """`verify shards/shard-1` verifies each run in the run's own folder."""
    shown = documented()[2][".shard"]["artifacts"]["paths"]
    of_the_last_run, of_each_run = file, f"{OWN_FOLDER}/runs/a-run/{file}"
    for path in (of_the_last_run, of_each_run, BATCH_JSON):
        uploaded = [PurePosixPath(path).match(pattern) for pattern in github_shard(JOBS["shard"]["steps"])]
        assert any(uploaded), path
        in_gitlab = [PurePosixPath("shards/1", path).match(pattern) for pattern in shown]
        assert any(in_gitlab), path


def test_in_the_documented_example_no_pull_request_comes_near_the_password_of_the_registry() -> None:
    workflow: dict[Any, Any] = dict(documented()[3])
    assert set(workflow[True]) == {"schedule", "push"}  # YAML 1.1 takes `on` for true
    assert workflow[True]["push"] == {"branches": ["main"]}
    (job,) = workflow["jobs"].values()
    assert job["environment"] == "cache-writer"
    assert workflow["permissions"] == {"contents": "read"}
    assert [step["run"] for step in job["steps"] if "--cache-push" in step.get("run", "")] == [
        "python -m hub_runner prepare --cache-push"
    ]


def test_the_documented_example_for_gitlab_hands_the_plan_on(tmp_path: Path) -> None:
    _, pipeline, shards, *_ = documented()
    (command,) = (line for line in pipeline["plan"]["script"] if "matrix" in line)
    environ = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    command = command.replace("> shards.yml", f"> {tmp_path}/shards.yml")
    subprocess.run(
        ("sh", "-e", "-c", command), cwd=ROOT, env={**environ, "HUB_RUNNER_OUTPUT": str(tmp_path)}, check=True, timeout=60
    )
    jobs = yaml.safe_load((tmp_path / "shards.yml").read_text(encoding="utf-8"))
    assert {job["extends"] for job in jobs.values()} <= set(shards)
    script = "\n".join(shards[".shard-plan"]["script"])
    variables = jobs["shard plan"]["variables"]
    subprocess.run(("sh", "-e", "-c", script), cwd=tmp_path, env={**environ, **variables}, check=True, timeout=60)
    assert (tmp_path / "plan/matrix.json").read_bytes() == (tmp_path / "matrix.json").read_bytes()
