"""What an image says of the prepared database in it: one label, which is checked before the database is used.

A label can be read by whoever may list images, or pull them from a registry, and written by whoever may push them there.
"""

from __future__ import annotations

import json
import re
from typing import Required, TypedDict

from hub_runner.engine.container import Config
from hub_runner.warm.recipe import Recipe, RecipeLabel

LABEL = "hub-runner.cache"  # its value is all that is known of a prepared database, as JSON
KEY = re.compile(r"[0-9a-f]{32}")
_NAME = re.compile(r"[\w@.]+", re.ASCII)  # of a module or language; it is shown in logs, and may come from a registry


class Label(TypedDict, total=False):
    """Nothing in it opens anything: labels can be read by whoever may list images."""

    recipe: Required[RecipeLabel]
    family: Required[str]
    modules: Required[list[str]]  # that are installed: those of the recipe, and what Odoo added for the database's companies
    names: Required[list[str]]  # the modules for which it was made first
    below: Required[int]  # bytes of the image that it began from
    filestore: str  # the folder with the files of attachments in Odoo's container
    parent: str  # the key of the prepared database that it began from
    seconds: float  # that it took to make
    origin: str  # the registry's name of the pulled one that it began from, directly or not; empty if all was made here


def checked(text: str | None, key: str) -> Label | None:
    """The label of the prepared database with this key. None if the recipe in it makes another key, or if it is no label."""
    try:
        label: Label = json.loads(text or "")
        recipe = Recipe.read(label["recipe"])
        sound = (
            recipe.key == key
            and recipe.family == label["family"]
            and set(recipe.modules) <= set(label["modules"])
            and all(_NAME.fullmatch(name) for name in (*label["modules"], *label["names"]))
            and bool(label["names"])
            and all(_NAME.fullmatch(name) for name in recipe.languages)
            and re.fullmatch(r"[\d-]*", recipe.day, re.ASCII)
            and KEY.fullmatch(label.get("parent") or key)
            and isinstance(label["below"], int)
            and isinstance(label.get("seconds", 0.0), float)
            and re.fullmatch(r"(/[\w.-]+)*", label.get("filestore", ""), re.ASCII)
            and re.fullmatch(r"[\w./:@-]*", label.get("origin", ""), re.ASCII)
        )
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return label if sound else None


def anonymous(config: Config, base: Config) -> Config:
    """What the image gets for labels and variables: nothing of the compose file's, which may hold secrets, or of the run's.

    A commit hands both on, and can make them empty only. Those of the image ``base`` below stay as they are there.
    """
    labels, variables = base.get("Labels") or {}, base.get("Env") or ()
    known = {variable.partition("=")[0]: variable for variable in variables}
    names = [variable.partition("=")[0] for variable in config.get("Env") or () if variable not in variables]
    return {
        "Labels": {name: labels.get(name, "") for name in config["Labels"]},
        "Env": [known.get(name, f"{name}=") for name in names],
    }
