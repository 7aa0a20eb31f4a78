"""Why Odoo left a module out and said nothing, or no more than a warning."""

from __future__ import annotations

import re

from hub_runner.verdict.evidence import Evidence

_VERSION = re.compile(r"(?:(?P<series>\d+\.\d+)\.)?\d+\.\d+(?:\.\d+)?")


def reason(evidence: Evidence) -> str:
    """What was seen, and what to do about it."""
    module, manifest = evidence.module.name, f"{evidence.in_checkout('__manifest__.py')}"
    if evidence.was_loaded:
        return "it was installed already, so nothing was installed or tested. Start from a database without it (--cold)."
    if evidence.module.manifest.get("installable", True) is False:
        return f"{manifest} says `installable: False`. Set it to True, or do not ask for this module."
    odoo = evidence.recording.odoo_version or "unknown"
    version = _VERSION.fullmatch(evidence.module.version)
    if not version or (version["series"] and not odoo.startswith(version["series"])):
        is_what = f"of series {version['series']}" if version else "neither x.y nor x.y.z, alone or after a series"
        return (
            f"its version {evidence.module.version} is {is_what}, and this Odoo is {odoo}. Correct "
            f"the version in {manifest}, or test it on its own series (odoo-image)."
        )
    if _logged(evidence, "invalid module names, ignored"):  # so 17.0 and 18.0 call one of another series, too
        return (
            "it is not on Odoo's addons path. Check that the compose file mounts the folder that holds it "
            "(by default ./addons at /mnt/extra-addons) and that odoo.conf lists it in addons_path."
        )
    return f"nothing was recorded that tells why. Look for warnings about {module} in the log, and check {manifest}."


def _logged(evidence: Evidence, words: str) -> bool:
    return any(words in log.message for log in evidence.recording.logs)
