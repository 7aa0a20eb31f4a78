"""``proof.json.sig``: an SSH signature over the bytes of the statement, made by ``ssh-keygen`` with a key as git has one.

Plain SSHSIG and no DSSE envelope: ssh-keygen makes and verifies it, with keys, agents and allowed_signers as people have
them for git. An envelope would need a library of its own, and say nothing more.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from hub_runner.checkout import git
from hub_runner.host import process
from hub_runner.report.output_folder import MARKS
from hub_runner.settings import SIGNATURE, Settings, option

NAMESPACE = "hub-runner"  # a signature that was made for something else (git's commits) is none for a run
SECONDS = 60.0  # a person may have to touch a key
LITERALS = ("key::", "ssh-", "ecdsa-", "sk-")  # how git's user.signingKey begins if it is a public key and no path


class NotSigned(Exception):
    """There is no key, or ssh-keygen could not use it. The message is a sentence without its full stop."""


@dataclass(frozen=True, kw_only=True)
class Signer:
    """``key`` is the path of a private key, or of a public one whose private half an agent has; empty: git's own."""

    key: str
    root: Path  # the checkout

    @classmethod
    def of(cls, settings: Settings) -> Signer | None:
        return cls(key=settings.signing_key, root=settings.root) if settings.sign else None

    def sign(self, data: bytes) -> bytes:
        """The signature, armoured. Nobody is asked for a passphrase. Raises NotSigned."""
        with self._key_file() as key:
            command = ("ssh-keygen", "-Y", "sign", "-n", NAMESPACE, "-f", str(key))
            nobody = {"SSH_ASKPASS": "/bin/false", "SSH_ASKPASS_REQUIRE": "force"}
            try:
                done = process.completed(command, given=data, timeout=SECONDS, environ={**os.environ, **nobody})
            except FileNotFoundError as error:
                raise NotSigned("there is no ssh-keygen (package openssh-client)") from error
            except subprocess.TimeoutExpired as error:
                raise NotSigned(f"ssh-keygen did not sign with {key} within {SECONDS:g} s") from error
        if done.returncode != 0 or not done.stdout.startswith(MARKS[SIGNATURE]):
            words = " ".join(done.stderr.decode(errors="replace").split())
            raise NotSigned(f"ssh-keygen could not sign with {key}: {words}")
        return done.stdout

    @contextmanager
    def _key_file(self) -> Iterator[Path]:
        key = self.key or self._of_git()
        if not key.startswith(LITERALS):
            path = self.root / Path(key).expanduser()
            if not path.is_file():
                raise NotSigned(f"there is no key {path}")
            yield path
            return
        with tempfile.NamedTemporaryFile(mode="w", prefix="hub-runner-", suffix=".pub") as file:
            file.write(key.removeprefix("key::") + "\n")
            file.flush()
            yield Path(file.name)

    def _of_git(self) -> str:
        kind = (git.ask(self.root, "config", "--get", "gpg.format") or "").strip()
        key = (git.ask(self.root, "config", "--get", "user.signingKey") or "").strip()
        if kind == "ssh" and key:
            return key
        own = option("signing_key")
        raise NotSigned(f"no key is named: set {own}, or git's user.signingKey with gpg.format = ssh")
