import sys

import pytest

from hub_runner.verbs.verb import command_line


@pytest.mark.parametrize(
    ("word", "shown"),
    [
        ("--repositories=oca=https://me:to@ken@example.org/r.git@18.0", "--repositories=oca=https://example.org/r.git@18.0"),
        ("--python-packages=x@git+https://token@example.org/x.git", "--python-packages=x@git+https://example.org/x.git"),
        ("--engines=ssh://me@builder-1,ssh://me@builder-2", "--engines=ssh://me@builder-1,ssh://me@builder-2"),
        ("--repositories=oca=git@example.org:r.git", "--repositories=oca=git@example.org:r.git"),
    ],
)
def test_the_command_line_that_all_files_of_a_run_show_has_no_password(
    word: str, shown: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["hub-runner", "run", "traction", word])
    assert command_line() == ("python", "-m", "hub_runner", "run", "traction", shown)
