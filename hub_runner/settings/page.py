"""``python -m hub_runner.settings.page`` prints docs/settings.md: each setting as the code has it."""

from __future__ import annotations

import json
import sys
from dataclasses import Field

from hub_runner.settings.schema import LEVELS, OPTIONS, option
from hub_runner.settings.sources import PREFIX

HEAD = """\
# Settings

<!-- Generated from the code: python -m hub_runner.settings.page > docs/settings.md -->

Each setting can be said in three places; a later one wins:

1. `[tool.hub-runner]` in the checkout's `pyproject.toml`: `odoo-image = "odoo:18.0"`
2. the environment: `HUB_RUNNER_ODOO_IMAGE=odoo:18.0`
3. the command line: `--odoo-image odoo:18.0`

What is yes or no is `true` or `false` in the first two, and `--cold` or `--no-cold` on the command line. A list is a list of
texts in `pyproject.toml`; elsewhere its words are separated by spaces, or by commas if no word of it may hold one. An
unknown setting is an error.

| setting | default | variable | meaning |
|---|---|---|---|
"""


def page() -> str:
    rows = "".join(_row(field) for field in OPTIONS.values() if "level" not in field.metadata)
    levels = "".join(_row(field) for field in OPTIONS.values() if "level" in field.metadata)
    return f"{HEAD}{rows}\n{_strictness()}{levels}"


def _strictness() -> str:
    names = ", ".join(f"`{level}`" for level in LEVELS)
    return (
        "## How strict a run is\n\n"
        f"Each of these is one of {names}. What `waive` names is let pass, whatever the setting says.\n\n"
        "| setting | default | variable | what is found |\n|---|---|---|---|\n"
    )


def _row(field: Field[object]) -> str:
    meaning = field.metadata["help"].removeprefix(f"{', '.join(LEVELS)}: ").replace("|", "\\|")
    variable = f"{PREFIX}{option(field.name).replace('-', '_').upper()}"
    return f"| `{option(field.name)}` | {_shown(field.default)} | `{variable}` | {meaning} |\n"


def _shown(default: object) -> str:
    """As TOML has it; empty texts and lists as nothing."""
    if default in ("", ()):
        return ""
    if isinstance(default, bool):
        return f"`{str(default).lower()}`"
    return f"`{default:g}`" if isinstance(default, float) else f"`{json.dumps(default)}`"


if __name__ == "__main__":
    sys.stdout.write(page())
