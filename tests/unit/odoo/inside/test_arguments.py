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


@pytest.mark.parametrize(
    ("environ", "user", "password"),
    [
        ({"POSTGRES_USER": "p", "POSTGRES_PASSWORD": "q"}, "p", "q"),
        ({"DB_ENV_POSTGRES_USER": "d", "POSTGRES_USER": "p", "DB_ENV_POSTGRES_PASSWORD": "e"}, "d", "e"),
        ({"USER": "u", "DB_ENV_POSTGRES_USER": "d", "PASSWORD": "w", "POSTGRES_PASSWORD": "q"}, "u", "w"),
        ({"USER": "", "POSTGRES_USER": "p", "PASSWORD": ""}, "p", "odoo"),
    ],
)
def test_the_variables_of_the_official_entrypoint_are_read_in_its_order(
    environ: dict[str, str], user: str, password: str
) -> None:
    """E2."""
    for series in (OLD, NEW):
        assert arguments.database(environ, set(), series)[2:] == [f"--db_user={user}", f"--db_password={password}"]


def test_a_password_in_a_file_comes_before_all_others(tmp_path: Path) -> None:
    """E2: a Compose secret."""
    (tmp_path / "secret").write_text("from file\n\n", encoding="utf-8")
    environ = {"PASSWORD_FILE": str(tmp_path / "secret"), "PASSWORD": "other", "POSTGRES_PASSWORD": "third"}
    assert "--db_password=from file" in arguments.database(environ, set(), OLD)


def test_linked_containers_of_old_name_the_database() -> None:
    environ = {"DB_PORT_5432_TCP_ADDR": "172.17.0.2", "DB_PORT_5432_TCP_PORT": "5433"}
    assert arguments.database(environ, set(), OLD)[:2] == ["--db_host=172.17.0.2", "--db_port=5433"]


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
