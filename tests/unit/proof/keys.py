"""Keys of the people and machines that sign, and the list of those who may."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

NAMES = ("agent", "ci", "stranger")


@dataclass(frozen=True)
class Keys:
    """Private keys by name in ``folder``; their public halves beside them."""

    folder: Path

    @classmethod
    def made(cls, folder: Path) -> Keys:
        for name in NAMES:
            command = ("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", str(folder / name))
            subprocess.run(command, check=True, timeout=60)
        return cls(folder)

    def private(self, name: str) -> Path:
        return self.folder / name

    def public(self, name: str) -> str:
        return (self.folder / f"{name}.pub").read_text().strip()

    def allow(self, root: Path, *entries: tuple[str, str]) -> Path:
        """Writes the list of the checkout ``root``: names with options."""
        path = root / "allowed_signers"
        lines = [f"{name}@hub {options} {self.public(name)}".replace("  ", " ") for name, options in entries]
        path.write_text("".join(f"{line}\n" for line in lines))
        return path

    def sign(self, name: str, data: bytes, namespace: str = "hub-runner") -> bytes:
        command = ("ssh-keygen", "-Y", "sign", "-q", "-n", namespace, "-f", str(self.private(name)))
        return subprocess.run(command, input=data, check=True, capture_output=True, timeout=60).stdout
