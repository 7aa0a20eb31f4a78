"""A real Odoo in an environment that a repository has made its own: credentials, read-only, a proxy, no way out."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from hub_runner.engine.client import connect
from hub_runner.engine.images import choose
from hub_runner.settings import Settings
from tests.e2e.lab import CORPUS, ROOT

pytestmark = pytest.mark.e2e
# The password is in a file only, the user under the database image's own name, nothing can be written but /tmp and volumes.
CHANGES = {
    "    image: ${HUB_RUNNER_ODOO_IMAGE:-odoo:18.0}": """    build:
      context: IMAGES
      dockerfile_inline: |
        FROM ${HUB_RUNNER_ODOO_IMAGE}
        COPY --chmod=755 entrypoint.sh /entrypoint.sh
    read_only: true
    tmpfs: [/tmp, /run]
    secrets: [database]""",
    "      USER: odoo\n      PASSWORD: ${HUB_RUNNER_DB_PASSWORD:-odoo}": """      POSTGRES_USER: odoo
      PASSWORD_FILE: /run/secrets/database""",
    "      POSTGRES_PASSWORD: ${HUB_RUNNER_DB_PASSWORD:-odoo}": "      POSTGRES_PASSWORD: kept-in-a-file",
    "\nvolumes:\n": "\nsecrets: {database: {file: ./password}}\n\nvolumes:\n",
}


def test_what_the_server_is_given_serves_the_tests_too(tmp_path: Path) -> None:
    """E1, E2, E3 and `internet = false`: a test that asks Odoo's own server passes in all of them at once."""
    text = (ROOT / "docker-compose.agent.yml").read_text(encoding="utf-8")
    for old, new in CHANGES.items():
        assert old in text
        text = text.replace(old, new)
    images = str(ROOT / "hub_runner" / "machine" / "images" / "odoo")
    (tmp_path / "docker-compose.agent.yml").write_text(text.replace("IMAGES", images), encoding="utf-8")
    (tmp_path / "password").write_text("kept-in-a-file\n", encoding="utf-8")
    (tmp_path / "password").chmod(0o644)
    shutil.copytree(CORPUS / "passing_http", tmp_path / "addons" / "passing_http")
    config = tmp_path / "client"
    config.mkdir()
    proxies = {"proxies": {"default": {"httpProxy": "http://127.0.0.1:9"}}}
    (config / "config.json").write_text(json.dumps(proxies), encoding="utf-8")
    with contextlib.closing(connect().client) as client:
        image = f"--odoo-image={choose(Settings(root=ROOT), client).odoo}"  # the build begins from it
    done = subprocess.run(
        (sys.executable, "-m", "hub_runner", "run", "passing_http", "--no-internet", "--health-timeout=600", image),
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT), "DOCKER_CONFIG": str(config), "HUB_RUNNER_PROJECT": "environments"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "PASSED passing_http: 1 test" in done.stdout
