"""Whose signature stands beside a statement, as ``ssh-keygen`` and a list of allowed signers say."""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import hashlib
import os
import re
import struct
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from hub_runner.checkout import git
from hub_runner.errors import EnvironmentFailure
from hub_runner.host import process
from hub_runner.proof.disagreement import Disagreement, Reason
from hub_runner.report.signature import NAMESPACE
from hub_runner.settings import PROOF, SIGNATURE, Settings

_ARMOUR = re.compile(rb"-----BEGIN SSH SIGNATURE-----\n(.*)\n-----END SSH SIGNATURE-----\s*", re.DOTALL)
_VALID = re.compile(r'valid-(after|before)="?(\d{8})(\d{4,6})?(Z?)"?')
_NAMESPACES = re.compile(r'namespaces="?([^"\s]+)"?')


@dataclass(frozen=True, kw_only=True)
class Signature:
    """What an SSHSIG says of itself; only ssh-keygen says whether it is true."""

    key: bytes
    namespace: str

    @property
    def fingerprint(self) -> str:
        return "SHA256:" + base64.b64encode(hashlib.sha256(self.key).digest()).decode().rstrip("=")

    @classmethod
    def read(cls, armoured: bytes) -> Signature:
        """Raises ValueError."""
        match = _ARMOUR.fullmatch(armoured.replace(b"\r\n", b"\n"))
        if not match:
            raise ValueError("it has no beginning or no end")
        data = base64.b64decode(b"".join(match[1].split()), validate=True)
        if data[:6] != b"SSHSIG":
            raise ValueError("it is no SSHSIG")
        key, rest = _string(data[10:])
        namespace, _ = _string(rest)
        return cls(key=key, namespace=namespace.decode(errors="replace"))


def _string(data: bytes) -> tuple[bytes, bytes]:
    """The first string of what SSH has packed, and what follows it."""
    (size,) = struct.unpack(">I", data[:4])
    if len(data) < 4 + size:
        raise ValueError("it is cut off")
    return data[4 : 4 + size], data[4 + size :]


def allowed_signers(settings: Settings) -> Path | None:
    """The list of the repository, or git's own; None if there is none."""
    own = settings.root / settings.allowed_signers
    if own.is_file():
        return own
    named = git.ask(settings.root, "config", "--type=path", "--get", "gpg.ssh.allowedSignersFile")
    path = Path(named.strip()) if named else None
    return settings.root / path if path and (settings.root / path).is_file() else None


@dataclass(frozen=True, kw_only=True)
class Check:
    """A signature over ``statement``, to be checked against the list ``allowed`` as it was valid at ``moment``."""

    statement: bytes
    armoured: bytes | None
    allowed: Path | None
    moment: dt.datetime | None  # the end of the run, as the statement has it; None: now
    wanted: str | None = None  # a pattern for the signer's name

    def principals(self) -> list[str]:
        """The names under which the list has the key that made this signature, if it is a good one."""
        if self.armoured is None or self.allowed is None or not self._fits():
            return []
        found = self._keygen("find-principals", "-f", str(self.allowed), *self._time())
        names = found.stdout.decode(errors="replace").splitlines() if found.returncode == 0 else []
        return [name for name in names if self._verify(name)]

    def disagreements(self) -> Iterator[Disagreement]:
        """Why nobody whom the repository knows has signed the statement, if nobody has. Raises EnvironmentFailure."""
        if self.armoured is None:
            yield _not(Reason.UNSIGNED, f"There is no {SIGNATURE}: nobody has signed {PROOF}")
            return
        try:
            signature = Signature.read(self.armoured)
        except (ValueError, binascii.Error, struct.error) as error:
            yield _not(Reason.BAD_SIGNATURE, f"{SIGNATURE} is no SSH signature: {error}")
            return
        if signature.namespace != NAMESPACE:
            said = (
                f"{SIGNATURE} was made for {signature.namespace!r} and not for {NAMESPACE!r}: it is that of something else"
            )
            yield _not(Reason.BAD_SIGNATURE, said)
        elif not self._fits():
            yield _not(Reason.BAD_SIGNATURE, f"{SIGNATURE} does not fit {PROOF}: one of them was changed or exchanged")
        elif self.allowed is None:
            yield _not(
                Reason.NO_SIGNERS,
                f"{PROOF} is signed by the key {signature.fingerprint}, and there is no list of those who may: neither "
                "allowed_signers in the checkout nor git's gpg.ssh.allowedSignersFile",
            )
        elif not (names := self.principals()):
            yield self._unknown(signature)
        elif self.wanted and not any(fnmatchcase(name, self.wanted) for name in names):
            yield _not(Reason.OTHER_SIGNER, f"{PROOF} is signed by {', '.join(names)}, and --signer asks for {self.wanted}")

    def _unknown(self, signature: Signature) -> Disagreement:
        """Why the list does not accept a good signature: the key is not in it, out of its time, or for something else."""
        assert self.allowed
        key = base64.b64encode(signature.key).decode()
        lines = self.allowed.read_text(encoding="utf-8", errors="replace").splitlines()
        entry = next((line for line in lines if key in line and not line.lstrip().startswith("#")), None)
        who = f"{PROOF} is signed by the key {signature.fingerprint}"
        if entry is None:
            return _not(Reason.FOREIGN_KEY, f"{who}, which {self.allowed} does not name")
        name = entry.split()[0]
        moment = self.moment or dt.datetime.now(dt.UTC)
        for which, day, _, _ in _VALID.findall(entry):
            late, early = which == "before" and f"{moment:%Y%m%d}" >= day, which == "after" and f"{moment:%Y%m%d}" <= day
            if late or early:
                when = "had expired" if late else "was not valid yet"
                return _not(
                    Reason.EXPIRED_KEY,
                    f"{who} of {name}, which {when} when the run ended ({moment:%Y-%m-%d}): {self.allowed.name} says "
                    f"valid-{which} {day}",
                )
        if (match := _NAMESPACES.search(entry)) and NAMESPACE not in match[1].split(","):
            return _not(Reason.FOREIGN_KEY, f"{who} of {name}, whom {self.allowed} allows to sign for {match[1]} only")
        return _not(Reason.FOREIGN_KEY, f"{who} of {name}, which ssh-keygen does not accept by {self.allowed}")

    def _fits(self) -> bool:
        return self._keygen("check-novalidate", "-n", NAMESPACE).returncode == 0

    def _verify(self, name: str) -> bool:
        assert self.allowed
        arguments = ("-n", NAMESPACE, "-f", str(self.allowed), "-I", name, *self._time())
        return self._keygen("verify", *arguments).returncode == 0

    def _time(self) -> tuple[str, ...]:
        return ("-O", f"verify-time={self.moment.astimezone(dt.UTC):%Y%m%d%H%M%SZ}") if self.moment else ()

    def _keygen(self, what: str, *arguments: str) -> subprocess.CompletedProcess[bytes]:
        with tempfile.TemporaryDirectory(prefix="hub-runner-") as folder:
            file = Path(folder) / SIGNATURE
            file.write_bytes(self.armoured or b"")
            command = ("ssh-keygen", "-Y", what, *arguments, "-s", str(file))
            try:
                environ = {**os.environ, "TZ": "UTC", "LC_ALL": "C"}
                return process.completed(command, given=self.statement, timeout=60, environ=environ)
            except (OSError, subprocess.TimeoutExpired) as error:
                raise EnvironmentFailure(
                    f"The signature could not be checked: {error}. ssh-keygen (package openssh-client) does that."
                ) from error


def _not(reason: Reason, text: str) -> Disagreement:
    return Disagreement(reason=reason, text=f"{text}.")
