from __future__ import annotations

import pytest

from tests.unit.verdict.story import Story, event, ran, suite

TESTED = (suite("TestRock.test_one"), ran("TestRock.test_one"))


def loading(module: str, folder: str, *, copied: bool) -> dict[str, object]:
    return event("loading", module=module, folder=folder, copied=copied)


def test_a_green_run_of_another_module_of_the_same_name_proves_nothing(story: Story) -> None:
    told = story.tells(loading("traction", "/usr/lib/odoo/addons/traction", copied=False), *TESTED).ends()
    assert (told.problem.kind, told.problem.return_code) == ("another_copy", 4)
    assert told.problem.details == ("traction: taken from /usr/lib/odoo/addons/traction, and not from addons/traction",)


@pytest.mark.parametrize(("along", "kinds"), [(("rocks",), ["another_copy"]), ((), [])])
def test_a_dependency_counts_where_the_checkout_has_it(story: Story, along: tuple[str, ...], kinds: list[str]) -> None:
    told = Story(story.root, along=along).tells(
        loading("base", "/usr/lib/odoo/addons/base", copied=False),
        loading("rocks", "/opt/house/rocks", copied=False),
        loading("traction", "/mnt/extra-addons/traction", copied=True),
        *TESTED,
    )
    assert told.ends().kinds == kinds
