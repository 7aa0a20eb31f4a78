import pytest

from hub_runner.report.page.secrets import without_secrets


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("pip --index-url https://me:hunter2@example.org/simple x", "pip --index-url https://***@example.org/simple x"),
        ("https://glpat@example.org", "https://***@example.org"),
        ("PGPASSWORD=hunter2 psql", "PGPASSWORD=*** psql"),
        ("{'db_password': 'hunter2', 'port': 1}", "{'db_password': '***', 'port': 1}"),
        ('"api-key": "abc"', '"api-key": "***"'),
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
    ],
)
def test_what_is_no_secret_is_shown(text: str) -> None:
    assert without_secrets(text) == text


def test_a_long_text_takes_no_long_time() -> None:
    without_secrets("password" * 20_000 + "a://" * 20_000 + "=" * 20_000)
