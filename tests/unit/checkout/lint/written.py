"""Modules for the tests of the static checks: written as a few texts, never on disk."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from pathlib import Path

from hub_runner.checkout.lint.checks import lint
from hub_runner.checkout.lint.module_text import Finding, Text
from hub_runner.checkout.modules import Module

ADDONS = Path("/checkout/addons")


def written(
    files: Mapping[str, str | bytes], *, name: str = "probe", manifest: str = "{'name': 'Probe'}", **known: str
) -> Text:
    """A module with these files; what is not given is as it should be."""
    texts: dict[str, str | bytes] = {"__init__.py": "", "__manifest__.py": manifest, **files}
    data = {path: text if isinstance(text, bytes) else text.encode() for path, text in sorted(texts.items())}
    return Text(
        Module(name=name, folder=ADDONS / name, manifest=ast.literal_eval(manifest)), data, series=known.get("series")
    )


def found(text: Text, *along: Text) -> list[Finding]:
    return lint(text, along)


def shown(text: Text, *along: Text) -> list[str]:
    """Each finding as a line; those that stop the installation begin with ``!``."""
    return [f"{'!' if finding.stops else ''}{finding.shown(text.module.folder)}" for finding in found(text, *along)]
