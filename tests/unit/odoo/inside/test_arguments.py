from __future__ import annotations

import socket
from pathlib import Path

import pytest

from hub_runner.odoo.inside import arguments

COMPOSE = {"HOST": "db", "USER": "odoo", "PASSWORD": "secret"}
NEW, OLD = (19, 0), (18, 0)


def test_the_images_variables_name_the_database() -> None:
    assert arguments.database(COMPOSE, set(), OLD) == [
        "--db_host=db",
        "--db_port=5432",
        "--db_user=odoo",
        "--db_password=secret",
    ]


def test_what_odoo_conf_says_is_left_to_odoo() -> None:
    assert arguments.database(COMPOSE, {"db_host", "db_port", "db_password"}, OLD) == ["--db_user=odoo"]


def test_from_19_on_the_variables_of_postgresql_come_first() -> None:
    environ = {**COMPOSE, "PGHOST": "elsewhere", "PGPASSWORD": "other"}
    assert arguments.database(environ, set(), NEW) == ["--db_port=5432", "--db_user=odoo"]


def test_before_19_they_serve_where_the_images_own_are_missing() -> None:
    assert "--db_host=db" in arguments.database({**COMPOSE, "PGHOST": "elsewhere"}, set(), OLD)
    assert not [a for a in arguments.database({"PGHOST": "elsewhere"}, set(), OLD) if "db_host" in a]


@pytest.mark.parametrize(
    ("text", "known"),
    [
        ("[options]\ndb_host = x\ndb_user = False\ndb_port =\n", {"db_host"}),
        ("[options]\nadmin_passwd = 50%off\n", {"admin_passwd"}),
        ("[other]\ndb_host = x\n", set()),
        ("no section\n", set()),
        ("\ufeff\0", set()),
    ],
)
def test_odoo_conf_is_read_as_far_as_it_can_be(tmp_path: Path, text: str, known: set[str]) -> None:
    path = tmp_path / "odoo.conf"
    path.write_text(text, encoding="utf-8")
    assert arguments.configured(str(path)) == known


def test_a_missing_odoo_conf_sets_nothing(tmp_path: Path) -> None:
    assert arguments.configured(str(tmp_path / "none.conf")) == set()


@pytest.mark.parametrize(
    ("asked", "series", "given"),
    [
        ("--with-demo", NEW, "--with-demo"),
        ("--with-demo", OLD, "--without-demo="),
        ("--without-demo=all", OLD, "--without-demo=all"),
        ("--without-demo=all", NEW, "--without-demo=1"),
    ],
)
def test_demo_data_is_asked_for_in_the_words_of_the_series(asked: str, series: tuple[int, int], given: str) -> None:
    assert arguments.demo(["-d", asked], series) == ["-d", given]


def test_the_users_port_comes_after_ours() -> None:
    fitted = arguments.fitted(["--http-port=9000"], OLD, COMPOSE, 8070)
    assert fitted.index("--http-port=9000") > fitted.index("--http-port=8070")


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["-i", "traction"], ("traction",)),
        (["-i", "mail", "-i", "a,b"], ("a", "b")),
        (["-i"], ()),
        (["--database", "x"], ()),
    ],
)
def test_the_last_modules_named_are_the_targets(words: list[str], found: tuple[str, ...]) -> None:
    assert arguments.targets(words) == found


def test_a_free_port_can_be_bound() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", arguments.free_port()))
