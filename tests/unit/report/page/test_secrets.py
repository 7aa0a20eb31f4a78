import time

import pytest

from hub_runner.report.page.secrets import without_secrets


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("pip --index-url https://me:hunter2@example.org/simple x", "pip --index-url https://***@example.org/simple x"),
        ("https://me:hun@ter2@example.org/simple", "https://***@example.org/simple"),
        ("git+ssh://me:a@b@c@example.org/x.git", "git+ssh://***@example.org/x.git"),
        ("https://glpat@example.org", "https://***@example.org"),
        ("PGPASSWORD=hunter2 psql", "PGPASSWORD=*** psql"),
        ("{'db_password': 'hunter2', 'port': 1}", "{'db_password': '***', 'port': 1}"),
        ('"api-key": "abc"', '"api-key": "***"'),
        ("{'password': 'two words', 'port': 1}", "{'password': '***', 'port': 1}"),
        ("password='never closed", "password='***"),
        ("https://user:pa/ss@host/x", "https://***@host/x"),
        ("AWS_SECRET_ACCESS_KEY=abc", "AWS_SECRET_ACCESS_KEY=***"),
        ("SECRET_KEY = 'x y'", "SECRET_KEY = '***'"),
        ("psql --password hunter2 --host db", "psql --password *** --host db"),
        ("x" * 100 + "_token: abc", "x" * 100 + "_token: ***"),
        ("Authorization: Bearer abc.def-123", "Authorization: Bearer ***"),
        ("token ghp_" + "a" * 36, "token ***"),
        ("-----BEGIN OPENSSH PRIVATE KEY-----\nabc\n-----END OPENSSH PRIVATE KEY-----\nnext", "***\nnext"),
        ("-----BEGIN PRIVATE KEY-----\nabc", "***"),
    ],
)
def test_secrets_are_hidden(text: str, shown: str) -> None:
    assert without_secrets(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "def login(self, password: str) -> None:",
        "AssertionError: 1 != 2",
        "https://example.org/a@b",
        "the password is wrong",
        "addons/m/tests/test_token.py:12",
        "token = None",
        "TokenExpiredError: the rock is old",
        "AccessError: 'rock'",
        "KeyError: 'name'",
        "https://example.org:8080/a@b",
        "psql --password --host db",
        "password = fields.Char()",
    ],
)
def test_what_is_no_secret_is_shown(text: str) -> None:
    assert without_secrets(text) == text


@pytest.mark.parametrize(
    "text", ["secret", 'password="', "--a", "-", "x://a:", "token ", "-----BEGIN A PRIVATE KEY-----", "\"': ="]
)
def test_a_long_text_takes_no_long_time(text: str) -> None:
    begin = time.process_time()
    without_secrets(text * (50_000 // len(text)))
    assert time.process_time() - begin < 2
