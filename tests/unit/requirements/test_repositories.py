from __future__ import annotations

from pathlib import Path

import pytest

from hub_runner.errors import EnvironmentFailure, UsageError
from hub_runner.requirements.repositories import checked_out, parse


@pytest.mark.parametrize("ref", ["", "18.0", "feature/rocks", "1b2c3d4e5f60718293a4b5c6d7e8f90123456789"])
@pytest.mark.parametrize(
    "address",
    [
        "https://github.com/c/r",
        "https://github.com/c/r.git",
        "https://TOKEN@gitlab.com/g/r.git",
        "https://user:TOKEN@gitlab.com/g/r.git",
        "https://user:TOKEN@gitlab.com:8443/g/sub/r.git",
        "ssh://git@github.com/c/r.git",
        "ssh://git@github.com:2222/c/r.git",
        "ssh://github.com/c/r.git",
        "git@github.com:c/r.git",
        "git@github.com:r.git",  # no slash at all
        "file:///srv/r",
    ],
)
def test_the_ref_stands_behind_the_path_and_a_user_before_it(address: str, ref: str) -> None:
    found = parse(f"theirs={address}@{ref}" if ref else f"theirs={address}", Path("/checkout"))
    assert (found.address, found.ref, found.is_git) == (address, ref, True)


def test_a_folder_may_have_an_at_in_its_name(tmp_path: Path) -> None:
    assert parse("theirs=../other@18.0", tmp_path).address == str(tmp_path / "../other@18.0")


@pytest.mark.parametrize(
    "text",
    [
        "=https://user:TOKEN@gitlab.com/g/r.git",
        "https://user:TOKEN@gitlab.com/g/r.git",
        "theirs=ext::https://user:TOKEN@gitlab.com/g/r.git",
        "theirs=--upload-pack=https://user:TOKEN@gitlab.com/g/r.git",
    ],
)
def test_a_refusal_shows_no_token(text: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"gitlab\.com/g/r\.git") as refused:
        parse(text, tmp_path)
    assert "TOKEN" not in str(refused.value)


@pytest.mark.parametrize("ref", ["", "@18.0"])
def test_a_host_that_git_does_not_reach_is_named_without_the_token(
    ref: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    with pytest.raises(EnvironmentFailure, match=r"git could not fetch 18\.0 of http://127\.0\.0\.1:9/g/r\.git") as failed:
        checked_out(parse(f"theirs=http://user:TOKEN@127.0.0.1:9/g/r.git{ref}", tmp_path), "18.0", timeout=60)
    assert "TOKEN" not in str(failed.value)
