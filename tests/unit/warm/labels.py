"""Labels of prepared databases, as the workshop writes them."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, cast

from hub_runner.warm.label import Label
from hub_runner.warm.recipe import Recipe, RecipeLabel


def label_of(recipe: Recipe, **changes: Any) -> Label:
    label = {
        "recipe": cast(RecipeLabel, asdict(recipe)),
        "family": recipe.family,
        "modules": list(recipe.modules),
        "names": ["mail"],
        "below": 0,
    }
    return cast(Label, {**label, **changes})
