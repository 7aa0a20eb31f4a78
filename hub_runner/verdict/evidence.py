"""What a verdict is judged from."""

from __future__ import annotations

from dataclasses import dataclass

from hub_runner.modules import Module
from hub_runner.odoo import Execution
from hub_runner.recording import Recording
from hub_runner.result import Outcome
from hub_runner.settings import Settings

TAIL_LINES = 8


@dataclass(frozen=True, kw_only=True)
class Evidence:
    module: Module
    execution: Execution
    settings: Settings
    recording: Recording
    outcomes: tuple[Outcome, ...]  # of the module's own tests

    @property
    def was_loaded(self) -> bool:
        """Whether Odoo began to install the module."""
        return self.module.name in self.recording.loading

    @property
    def was_installed(self) -> bool:
        """Odoo asks for a module's tests once it is installed."""
        return bool(self.recording.suites)

    @property
    def came_to_its_end(self) -> bool:
        return self.recording.ended and not self.execution.timed_out

    def in_checkout(self, file: str | None) -> str | None:
        """A path inside the module as seen from the checkout; other paths are the container's own: None."""
        if not file or file.startswith("/"):
            return None
        path = self.module.folder / file
        root = self.settings.root
        return (path.relative_to(root) if path.is_relative_to(root) else path).as_posix()

    def last_lines(self, count: int = TAIL_LINES) -> tuple[str, ...]:
        """What Odoo printed last."""
        lines = self.execution.tail.decode("utf-8", "replace").splitlines()
        return tuple(line[:500].rstrip() for line in lines if line.strip())[-count:]
