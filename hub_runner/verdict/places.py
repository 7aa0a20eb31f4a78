"""Whether Odoo tested the checkout's modules, or others of the same names that its image brings."""

from __future__ import annotations

from collections.abc import Iterator

from hub_runner.errors import EnvironmentFailure
from hub_runner.result import Problem
from hub_runner.verdict.evidence import Evidence, relative


def another_copy(evidence: Evidence) -> Iterator[Problem]:
    """Odoo takes the first of a name on its addons path, and its own folder always comes first."""
    elsewhere = dict(evidence.recording.elsewhere)
    found = [module for module in evidence.copied if module.name in elsewhere]
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
