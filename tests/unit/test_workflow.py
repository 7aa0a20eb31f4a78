"""The workflow of CI: its commands, as GitHub would read and run them."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / ".github" / "workflows" / "check.yml").read_text(encoding="utf-8")
JOBS: dict[str, Any] = yaml.safe_load(TEXT)["jobs"]


def test_its_matrix_holds_the_modules_of_the_checkout(tmp_path: Path) -> None:
    (listing,) = (step["run"] for step in JOBS["modules"]["steps"] if step.get("id") == "list")
    output = tmp_path / "output"
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environ = {**os.environ, "PATH": path, "GITHUB_OUTPUT": str(output)}
    subprocess.run(("bash", "-e", "-c", listing), cwd=ROOT, env=environ, check=True, timeout=60)
    name, _, value = output.read_text(encoding="utf-8").partition("=")
    assert name == "modules"
    assert "test-traction" in json.loads(value)
    assert "test" not in json.loads(value), "that one needs a module's name"


def test_it_puts_no_name_into_a_script() -> None:
    """A folder's name would be code there."""
    scripts = [step["run"] for job in JOBS.values() for step in job["steps"] if "run" in step]
    assert scripts
    assert not [script for script in scripts if "${{" in script]


def test_it_tries_the_supported_pythons() -> None:
    tried = {*JOBS["python"]["strategy"]["matrix"]["python-version"], *re.findall(r'python-version: "([\d.]+)"', TEXT)}
    classifiers = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert tried == set(re.findall(r"Python :: (3\.\d+)", classifiers))
