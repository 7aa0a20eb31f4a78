from __future__ import annotations

import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from hub_runner.report.output_folder import MARKS
from hub_runner.report.signature import NotSigned, Signer
from hub_runner.settings import SIGNATURE, Settings


@pytest.fixture
def key(tmp_path: Path) -> Path:
    return make_key(tmp_path / "key")


def make_key(path: Path, passphrase: str = "") -> Path:
    subprocess.run(("ssh-keygen", "-q", "-t", "ed25519", "-N", passphrase, "-f", str(path)), check=True, timeout=60)
    return path


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository whose git has no settings but those of a test."""
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    monkeypatch.setenv("GIT_CONFIG_SYSTEM", "/dev/null")
    folder = tmp_path / "checkout"
    folder.mkdir()
    git(folder, "init", "-q")
    return folder


def git(root: Path, *words: str) -> None:
    subprocess.run(("git", "-C", str(root), *words), check=True, timeout=60)


def signed(root: Path, key: str = "") -> bytes:
    return Signer(key=key, root=root).sign(b"claim")


def test_nothing_is_signed_unless_the_setting_says_so(tmp_path: Path) -> None:
    assert Signer.of(Settings(root=tmp_path, signing_key="key")) is None
    assert Signer.of(Settings(root=tmp_path, sign="ssh", signing_key="key")) == Signer(key="key", root=tmp_path)


def test_a_key_signs_and_its_path_starts_at_the_checkout(root: Path, key: Path) -> None:
    assert signed(root, str(key)).startswith(MARKS[SIGNATURE])
    assert signed(root, "../key").startswith(MARKS[SIGNATURE])


def test_the_key_of_git_is_taken_if_none_is_named(root: Path, key: Path) -> None:
    git(root, "config", "gpg.format", "ssh")
    git(root, "config", "user.signingKey", str(key))
    assert signed(root).startswith(MARKS[SIGNATURE])


def test_a_key_of_git_that_is_none_of_ssh_is_not_taken(root: Path) -> None:
    git(root, "config", "user.signingKey", "0xDEADBEEF")
    with pytest.raises(NotSigned, match=r"no key is named: set signing-key, or git's user.signingKey with gpg.format = ssh"):
        signed(root)


def test_without_any_key_it_says_where_one_is_named(root: Path) -> None:
    with pytest.raises(NotSigned, match="no key is named"):
        signed(root)


def test_a_key_that_is_not_there_is_named(root: Path) -> None:
    with pytest.raises(NotSigned, match=r"there is no key .*/nowhere"):
        signed(root, "nowhere")


def test_a_file_that_is_no_key_is_named_with_the_words_of_ssh_keygen(root: Path) -> None:
    (root / "text").write_text("text")
    with pytest.raises(NotSigned, match=r"ssh-keygen could not sign with .*/text: "):
        signed(root, "text")


def test_nobody_is_asked_for_a_passphrase(root: Path, tmp_path: Path) -> None:
    make_key(tmp_path / "locked", "secret")
    with pytest.raises(NotSigned, match="could not sign"):
        signed(root, "../locked")


def test_a_public_key_without_an_agent_cannot_sign(root: Path, key: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    public = key.with_suffix(".pub").read_text()
    key.unlink()
    for named in ("../key.pub", public, f"key::{public}"):
        with pytest.raises(NotSigned, match="could not sign"):
            signed(root, named)


@pytest.fixture
def agent(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A real agent of the test's own, which has no key yet."""
    socket = Path(tempfile.mkdtemp(prefix="a")) / "s"  # a socket's path must be short
    process = subprocess.Popen(("ssh-agent", "-D", "-a", str(socket)), stdout=subprocess.DEVNULL)
    monkeypatch.setenv("SSH_AUTH_SOCK", str(socket))
    while not socket.exists():
        assert process.poll() is None
        time.sleep(0.01)
    yield
    process.terminate()
    process.wait()
    shutil.rmtree(socket.parent)


@pytest.mark.usefixtures("agent")
def test_an_agent_signs_with_a_key_that_only_it_has(root: Path, key: Path, tmp_path: Path) -> None:
    subprocess.run(("ssh-add", "-q", str(key)), check=True, timeout=60)
    public = key.with_suffix(".pub").read_text()
    key.unlink()
    (tmp_path / "allowed").write_text(f"agent@hub {public}")
    git(root, "config", "gpg.format", "ssh")
    git(root, "config", "user.signingKey", f"key::{public.strip()}")
    for named in ("../key.pub", public, f"key::{public}", ""):
        (tmp_path / "signature").write_bytes(signed(root, named))
        verify = ("ssh-keygen", "-Y", "verify", "-n", "hub-runner", "-f", "allowed", "-I", "agent@hub", "-s", "signature")
        assert subprocess.run(verify, cwd=tmp_path, input=b"claim", check=False, timeout=60).returncode == 0, named


@pytest.mark.usefixtures("agent")
def test_an_agent_that_does_not_have_the_key_is_told_of(root: Path, key: Path) -> None:
    key.unlink()
    with pytest.raises(NotSigned, match=r"ssh-keygen could not sign with .*key\.pub: .*agent"):
        signed(root, "../key.pub")


def test_without_ssh_keygen_it_says_which_package_has_it(root: Path, key: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(root))
    with pytest.raises(NotSigned, match="openssh-client"):
        signed(root, str(key))
