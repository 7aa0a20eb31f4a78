"""Migration scripts of a module: where they lie, and which of them Odoo runs in an upgrade, by its own rules."""

from __future__ import annotations

import re
from dataclasses import dataclass

from hub_runner.checkout.modules import Module
from hub_runner.checkout.snapshot import Files

FOLDERS = ("migrations", "upgrades")  # of a module: Odoo looks into both
STAGES = ("pre-", "post-", "end-")
_MIGRATE = re.compile(rb"^def[ \t]+migrate[ \t]*\(", re.MULTILINE)
ALWAYS = "0.0.0"  # the folder of scripts that run whenever the version was raised
_VERSION = re.compile(r"((6\.1|[6-9]\.0|[1-9]\d+\.0|saas~\d+\.\d+)\.)?\d+\.\d+(\.\d+)?", re.ASCII)


@dataclass(frozen=True, kw_only=True)
class Change:
    """A module, as it was and as it is. ``files`` are today's."""

    old: Module
    new: Module
    old_files: Files
    files: Files

    @property
    def new_scripts(self) -> tuple[str, ...]:
        return tuple(path for path in scripts(self.files) if path not in self.old_files)


def scripts(files: Files) -> tuple[str, ...]:
    """Paths of the scripts among a module's files, also of those that Odoo cannot find where they lie."""
    found = (path for path in files if path.partition("/")[0] in FOLDERS and path.endswith(".py"))
    return tuple(path for path in found if "/tests/" not in path and _MIGRATE.search(files[path]))


def why_not(path: str, *, old: str, new: str, series: str) -> str:
    """Why Odoo ``series`` does not run a script when a module goes from one version to another; empty if it does."""
    _, *folders, name = path.split("/")
    if len(folders) != 1:
        return "it must lie in a folder that is named for a version, such as migrations/1.1/"
    version = folders[0]
    if not _VERSION.fullmatch(version):
        return f"its folder {version!r} is misnamed: Odoo takes x.y, x.y.z, or one of them after a series such as {series}"
    if not name.startswith(STAGES):
        return "its name must begin with pre-, post- or end-"
    before, now = _whole(old, series), _whole(new, series)
    if version == ALWAYS:
        return "" if _parsed(before) < _parsed(now) else f"the version in the manifest was not raised: it is still {new}"
    whole = _whole(version, series)
    skip = 2 if whole != version else 0  # versions without a series are compared without one
    if _parsed(whole)[skip:] > _parsed(now)[skip:]:
        return f"it is for version {version}, and the manifest says {new}: raise the version there"
    if _parsed(before)[skip:] >= _parsed(whole)[skip:]:
        return f"it is for version {version}, and the upgrade begins from {old}: raise the version in both"
    return ""


def _whole(version: str, series: str) -> str:
    """With the series, which Odoo puts before a version that has none."""
    if version == ALWAYS or version.count(".") > 2:
        return version
    return f"{series}.{version}"


def _parsed(version: str) -> tuple[int, ...]:
    """Numbers that compare as Odoo compares versions; zeros at the end do not count, but for the series."""
    numbers = [int(number) for number in re.findall(r"\d+", version)]
    while len(numbers) > 2 and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers)
