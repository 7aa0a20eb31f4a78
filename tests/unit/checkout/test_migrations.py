from __future__ import annotations

import pytest

from hub_runner.checkout.migrations import scripts, why_not

MIGRATE = b"def migrate(cr, version):\n    pass\n"


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        ("migrations/1.1/pre-a.py", "1.0", "1.1"),
        ("migrations/1.1/post-a.py", "1.0", "1.2"),
        ("migrations/1.1.0/end-a.py", "1.0", "1.1"),
        ("upgrades/1.1/pre-a.py", "18.0.1.0.0", "18.0.1.1.0"),
        ("migrations/18.0.1.1.0/pre-a.py", "18.0.1.0.0", "18.0.1.1.0"),
        ("migrations/18.0.1.1.0/pre-a.py", "1.0.0", "1.1.0"),
        ("migrations/0.0.0/pre-a.py", "1.0", "1.1"),
    ],
)
def test_a_script_between_the_two_versions_runs(path: str, old: str, new: str) -> None:
    assert why_not(path, old=old, new=new, series="18.0") == ""


@pytest.mark.parametrize(
    ("path", "old", "new", "words"),
    [
        ("migrations/1.1/pre-a.py", "1.0", "1.0", "raise the version there"),
        ("migrations/1.1/pre-a.py", "1.1", "1.1", "begins from 1.1"),
        ("migrations/18.0.1.1.0/pre-a.py", "18.0.1.0.0", "18.0.1.0.0", "raise the version there"),
        ("migrations/17.0.1.1.0/pre-a.py", "18.0.1.0.0", "18.0.1.1.0", "begins from 18.0.1.0.0"),
        ("migrations/0.0.0/pre-a.py", "1.0", "1.0", "was not raised"),
        ("migrations/v1.1/pre-a.py", "1.0", "1.1", "'v1.1' is misnamed"),
        ("migrations/1/pre-a.py", "1.0", "1.1", "'1' is misnamed"),
        ("migrations/1.1/pre_a.py", "1.0", "1.1", "pre-, post- or end-"),
        ("migrations/pre-a.py", "1.0", "1.1", "a folder that is named for a version"),
        ("migrations/1.1/more/pre-a.py", "1.0", "1.1", "a folder that is named for a version"),
    ],
)
def test_a_script_that_does_not_run_has_a_reason(path: str, old: str, new: str, words: str) -> None:
    assert words in why_not(path, old=old, new=new, series="18.0")


def test_only_files_with_a_migrate_function_in_these_folders_are_scripts() -> None:
    files = {
        "migrations/1.1/pre-a.py": MIGRATE,
        "migrations/1.1/helpers.py": b"X = 1\n",
        "migrations/1.1/lines.py": b"def migrate_lines(cr):\n    pass\n\nclass It:\n    def migrate(self):\n        pass\n",
        "migrations/1.1/post-a.py": b"from x import y\n\n\n@y.migrate()\ndef migrate (env, version):\n    pass\n",
        "migrations/1.1/README.txt": MIGRATE,
        "upgrades/tests/test_it.py": MIGRATE,
        "models/migrate.py": MIGRATE,
        "upgrades/pre_b.py": MIGRATE,
    }
    assert scripts(files) == ("migrations/1.1/pre-a.py", "migrations/1.1/post-a.py", "upgrades/pre_b.py")
