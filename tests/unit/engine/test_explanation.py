"""What compose says of a failure is told with its meaning, and its first cause comes first."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hub_runner.engine.explanation import last_error, missing_helper, telling_line, why_not_started, without_noise


@pytest.mark.parametrize(
    ("output", "words"),
    [
        (
            'invalid mount config for type "bind": bind source path does not exist: /a/odoo.conf',
            "the engine has no /a/odoo.conf, which the compose file mounts",
        ),
        (
            "does not match the specified platform: wanted linux/arm64, actual: linux/amd64",
            "asks for linux/arm64",
        ),
        ("failed to create network x: all predefined address pools have been fully subnetted", "no address range left"),
        ("no available IPv4 addresses on this network's address pools: x (45fb1)", "gives a network fewer addresses"),
        ("could not find an available, non-overlapping IPv4 address pool among the defaults", "no address range left"),
        ("write /var/lib/x: no space left on device", "the engine's disk is full"),
        ("iptables: No chain/target/match by that name.", "restart the engine"),
        ("Error: No such image: odoo:18.0", "the image odoo:18.0 was removed"),
        ("Error response from daemon: network abc not found", "the network abc was removed"),
        ("Error response from daemon: No such container: 0123abc", "the container 0123abc was removed"),
        ("Error response from daemon: get hub_db: no such volume", "the volume hub_db was removed"),
        ("Cannot connect to the Docker daemon at unix:///x", "the engine went away"),
        ("unexpected EOF", "the engine went away"),
    ],
)
def test_what_compose_says_has_a_meaning(output: str, words: str) -> None:
    assert words in str(why_not_started(f" Container x  Creating\n{output}\n", {}))


def test_the_variable_for_the_platform_is_named_if_it_is_set() -> None:
    output = "does not match the specified platform: wanted linux/arm64, actual: linux/amd64"
    assert str(why_not_started(output, {"DOCKER_DEFAULT_PLATFORM": "linux/arm64"})).startswith(
        "DOCKER_DEFAULT_PLATFORM asks"
    )
    assert str(why_not_started(output, {})).startswith("`platform` in the compose file asks")


def test_what_has_no_meaning_here_is_told_by_its_last_error() -> None:
    output = " Container x  Creating\nError response from daemon: the moon is full\n Container x  Removed\n"
    assert why_not_started(output, {}) is None
    assert last_error(output) == "Error response from daemon: the moon is full"
    assert last_error(" a\n b\n") == "b"
    assert last_error("") == "compose said nothing"


def helpers(folder: Path, **config: object) -> dict[str, str]:
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    return {"DOCKER_CONFIG": str(folder), "PATH": str(folder)}


@pytest.mark.parametrize("config", [{"credsStore": "desktop"}, {"credHelpers": {"registry.example.org": "desktop"}}])
def test_a_credential_helper_that_is_missing_is_named_with_its_file(tmp_path: Path, config: dict[str, object]) -> None:
    """E7."""
    words = missing_helper(helpers(tmp_path, **config))
    assert "docker-credential-desktop" in words
    assert str(tmp_path / "config.json") in words


def test_helpers_that_are_there_are_worth_no_word(tmp_path: Path) -> None:
    program = tmp_path / "docker-credential-desktop"
    program.write_text("#!/bin/sh\n", encoding="utf-8")
    program.chmod(0o755)
    assert missing_helper(helpers(tmp_path, credsStore="desktop")) == ""
    assert missing_helper(helpers(tmp_path)) == ""
    assert missing_helper({"DOCKER_CONFIG": str(tmp_path / "gone")}) == ""


LOG = """\
2026-01-01 10:00:00.000 UTC [63] FATAL:  database "odoo" does not exist
2026-01-01 10:00:00.100 UTC [64] FATAL:  password authentication failed for user "odoo"
2026-01-01 10:00:00.100 UTC [64] DETAIL:  Role "odoo" does not exist.
2026-01-01 10:00:01.000 UTC [65] FATAL:  the database system is starting up
2026-01-01 10:00:02.000 UTC [66] FATAL:  database "odoo" does not exist
2026-01-01 10:00:02.000 UTC [66] LOG:  listening on port 5432
"""


def test_lines_that_good_runs_have_too_do_not_bury_the_cause() -> None:
    assert telling_line(LOG) == '2026-01-01 10:00:00.100 UTC [64] FATAL:  password authentication failed for user "odoo"'
    assert without_noise(LOG).count("does not exist") == 0
    assert "listening" in without_noise(LOG)


@pytest.mark.parametrize(
    "line",
    [
        "2026-01-01 10:00:00,000 1 CRITICAL ? odoo.modules.module: Couldn't load module",
        "2026-01-01 10:00:00,000 1 ERROR ? odoo.sql_db: Connection to the database failed",
        "psycopg2.OperationalError: could not translate host name",
        "ValueError: x",
    ],
)
def test_an_error_in_a_log_is_found(line: str) -> None:
    assert telling_line(f"2026 INFO good\n{line}\n2026 INFO no error here\n") == line


def test_a_log_without_an_error_tells_nothing() -> None:
    assert telling_line("2026 INFO all is well\n") == ""
