"""The order in which modules are installed along with the tested one, played with packages as Odoo's graphs have them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from hub_runner.odoo.inside.load_order import put_last


@dataclass
class Package:
    """As in 19.0: with a manifest."""

    name: str
    depth: int
    depends: tuple[str, ...]

    @property
    def manifest(self) -> dict[str, Any]:
        return {"depends": list(self.depends)}


@dataclass
class Node:
    """As before 19.0: with an info, and a depth that it passes on to the modules that hang below it."""

    name: str
    depth: int
    depends: tuple[str, ...]
    children: list[Node] = field(default_factory=list)

    @property
    def info(self) -> dict[str, Any]:
        return {"depends": list(self.depends)}

    def __setattr__(self, name: str, value: Any) -> None:
        super().__setattr__(name, value)
        if name == "depth":
            for child in getattr(self, "children", ()):
                child.depth = value + 1


def ordered(packages: list[Any]) -> list[str]:
    return [package.name for package in sorted(packages, key=lambda package: (package.depth, package.name))]


# Before 19.0 a module hangs below the deepest module that it needs.
HANGS_BELOW = [("base", "a"), ("base", "b"), ("base", "web"), ("web", "mail"), ("mail", "glue"), ("glue", "glue_more")]


def graph(kind: type[Package] | type[Node]) -> list[Any]:
    packages = [
        kind("base", 0, ()),
        kind("a", 1, ("base",)),
        kind("b", 1, ("base",)),
        kind("web", 1, ("base",)),
        kind("mail", 2, ("web",)),
        kind("glue", 3, ("a", "mail")),
        kind("glue_more", 4, ("glue",)),
    ]
    if kind is Node:
        by_name: dict[str, Any] = {package.name: package for package in packages}
        for parent, child in HANGS_BELOW:
            by_name[parent].children.append(by_name[child])
    return packages


@pytest.mark.parametrize("kind", [Package, Node])
def test_the_tested_module_comes_after_all_that_do_not_need_it(kind: type[Package] | type[Node]) -> None:
    """V9: `a` comes first in the alphabet, so its tests would never meet `b`."""
    packages = graph(kind)
    put_last("a", packages)
    assert ordered(packages) == ["base", "b", "web", "mail", "a", "glue", "glue_more"]


@pytest.mark.parametrize("kind", [Package, Node])
def test_asking_twice_changes_nothing_more(kind: type[Package] | type[Node]) -> None:
    packages = graph(kind)
    put_last("a", packages)
    depths = [package.depth for package in packages]
    put_last("a", packages)
    assert [package.depth for package in packages] == depths


@pytest.mark.parametrize("name", ["glue_more", "not_there"])
def test_a_module_that_is_last_anyway_or_not_loaded_yet_changes_nothing(name: str) -> None:
    packages = graph(Package)
    before = ordered(packages)
    put_last(name, packages)
    assert ordered(packages) == before
