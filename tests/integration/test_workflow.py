"""The workflow's own commands for a matrix, in their order, each job in a clean folder, with stand-ins for Odoo."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.integration.conftest import Make
from tests.standins.checkout import FAIL, PASS, REPOSITORY, Checkout
from tests.unit.report.page.outline import Outline

pytestmark = pytest.mark.integration
JOBS: dict[str, Any] = yaml.safe_load((REPOSITORY / ".github/workflows/check.yml").read_text(encoding="utf-8"))["jobs"]


def steps(job: str) -> list[str]:
    """The commands of a job that call hub-runner, except for ``setup``: this machine is ready."""
    commands = [step["run"] for step in JOBS[job]["steps"] if "hub_runner" in step.get("run", "")]
    return [command for command in commands if not command.endswith("setup")]


def runner(checkout: Checkout, folder: Path, command: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """A job on a machine of its own: a fresh copy of the repository, in which nothing has run."""
    if not folder.exists():
        shutil.copytree(checkout.root, folder, ignore=shutil.ignore_patterns("state"))
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        ("bash", "-e", "-c", command),
        cwd=folder,
        env={**checkout.environ, "PATH": path, **environ},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )


def artifacts(job: str, folder: Path, target: Path) -> None:
    """What the job uploads, as GitHub stores it: the paths that are there, hidden ones included."""
    (upload,) = (step["with"] for step in JOBS[job]["steps"] if "upload-artifact" in step.get("uses", ""))
    for pattern in upload["path"].split():
        for file in folder.glob(pattern):
            copy = target / file.relative_to(folder)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(file, copy)


@pytest.mark.parametrize(("script", "code"), [(PASS, 0), (FAIL, 1)])
def test_its_jobs_make_one_verdict_of_their_shards(make: Make, tmp_path: Path, script: str, code: int) -> None:
    checkout = make(modules={"alpha": PASS, "beta": script, "gamma": PASS})
    downloaded, output = tmp_path / "downloaded", tmp_path / "output"
    (plan,) = steps("plan")
    done = runner(checkout, tmp_path / "plan", plan.replace("--shards 4", "--shards 2"), GITHUB_OUTPUT=str(output))
    assert done.returncode == 0, done.stderr
    artifacts("plan", tmp_path / "plan", downloaded / "shard-plan")
    matrix = json.loads(output.read_text(encoding="utf-8").splitlines()[0].removeprefix("matrix="))
    assert len(matrix["include"]) == 2
    (test,) = steps("shard")
    for shard in matrix["include"]:
        folder = tmp_path / f"runner-{shard['shard']}"
        runner(checkout, folder, test, MODULES=shard["modules"])
        artifacts("shard", folder, downloaded / f"shard-{shard['shard']}")
    (merge,) = steps("verdict")
    shutil.copytree(checkout.root, tmp_path / "verdict", ignore=shutil.ignore_patterns("state"))
    shutil.move(downloaded, tmp_path / "verdict/shards")
    done = runner(checkout, tmp_path / "verdict", merge)
    assert done.returncode == code, done.stdout
    document = json.loads((tmp_path / "verdict/batch.json").read_text(encoding="utf-8"))
    assert {end["module"]: end["return_code"] for end in document["modules"]} == {"alpha": 0, "beta": code, "gamma": 0}
    pages = Outline((tmp_path / "verdict/report.html").read_bytes())
    links = [address for address in pages.addresses if address.startswith("./")]
    assert len(links) == 3
    assert all((tmp_path / "verdict" / link).is_file() for link in links), "the pages of the runs are uploaded, too"
    assert ("AssertionError: 1 != 2" in pages.text) == bool(code)
    (tmp_path / "verdict/shards/shard-1").rename(tmp_path / "lost")
    done = runner(checkout, tmp_path / "verdict", merge)
    assert done.returncode == (code or 3), "a shard that is missing: red in any case"
    assert "NOT RUN" in done.stdout
