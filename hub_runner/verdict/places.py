"""Whether Odoo tested the checkout's modules, or others of the same names that its image brings."""

from __future__ import annotations

from collections.abc import Iterator

from hub_runner.depends import closure
from hub_runner.errors import EnvironmentFailure, UsageError
from hub_runner.modules import Module
from hub_runner.result import Problem
from hub_runner.verdict.evidence import Evidence, relative


def another_copy(evidence: Evidence) -> Iterator[Problem]:
    """Odoo takes the first of a name on its addons path, and its own folder always comes first."""
    elsewhere = dict(evidence.recording.elsewhere)
    found = [module for module in _local(evidence) if module.name in elsewhere]
    if found:
        names = ", ".join(module.name for module in found)
        yield Problem(
            kind="another_copy",
            message=f"Odoo did not take {names} from this checkout, but from the image, so nothing is proven of the code "
            "here. Odoo's own modules come first on its addons path, then those that the image lists before the folder "
            "of the checkout: give the module a name of its own, or take the other one out of the image.",
            return_code=EnvironmentFailure.return_code,
            details=tuple(
                f"{module.name}: taken from {elsewhere[module.name] or 'an unknown place'}, and not from "
                f"{relative(module.folder, evidence.settings.root)}"
                for module in found
            ),
        )


def _local(evidence: Evidence) -> tuple[Module, ...]:
    """What the run copied in: the module, and what it needs of the checkout."""
    addons = (*evidence.settings.addons_folders, evidence.module.folder.parent)
    try:
        return closure(evidence.module, addons, "").local
    except UsageError:  # edited since
        return (evidence.module,)
