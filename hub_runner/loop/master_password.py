"""The secret of the lasting environment, in a file that only its user can read."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from hub_runner.engine.client import Engine
from hub_runner.errors import EnvironmentFailure
from hub_runner.host.folders import home
from hub_runner.settings import Settings


@dataclass(frozen=True, kw_only=True)
class Secret:
    """``master_password`` is that of Odoo's database manager. ``path`` is one for each engine and repository setting."""

    path: Path
    master_password: str

    @classmethod
    def of(
        cls, settings: Settings, engine: Engine, *, made: bool = False, environ: Mapping[str, str] = os.environ
    ) -> Secret:
        """Reads it. If there is none and it is to be ``made``, a random one is written. Raises EnvironmentFailure."""
        folder = Path(environ.get("XDG_STATE_HOME") or home() / ".local" / "state") / "hub-runner"
        host = engine.identity().replace("-", "")[:12]  # without dashes: files of earlier versions are called so
        path = folder / f"{settings.project}-uat-env-{host}.password"
        try:
            if made and not path.exists():
                folder.mkdir(parents=True, exist_ok=True, mode=0o700)
                descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
                with os.fdopen(descriptor, "w") as file:
                    file.write(f"{secrets.token_urlsafe(18)}\n")
            return cls(path=path, master_password=path.read_text(encoding="ascii").strip())
        except (OSError, ValueError) as error:
            raise EnvironmentFailure(
                f"The passwords of {settings.project}-uat-env cannot be read or written: {error}. Without that file its "
                "database cannot be opened: bring it back, or `uat reset` removes the database, too."
            ) from error

    @property
    def database_password(self) -> str:
        """Of PostgreSQL. It follows from the other one: both are kept, and lost, together."""
        return hmac.new(self.master_password.encode(), b"database", hashlib.sha256).hexdigest()

    def forget(self) -> None:
        self.path.unlink(missing_ok=True)
