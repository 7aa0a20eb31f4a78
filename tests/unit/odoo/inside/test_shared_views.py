"""Which views of later modules the tested module endangers: what Odoo's database is asked."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator

import pytest

from hub_runner.odoo.inside.shared_views import QUERY, endangered


class Registry:
    """Its database has two such views."""

    asked: tuple[object, ...] = ()

    @contextlib.contextmanager
    def cursor(self) -> Iterator[Registry]:
        yield self

    def execute(self, query: str, values: tuple[object, ...], *, log_exceptions: bool) -> None:
        self.asked = values

    def fetchall(self) -> list[tuple[str]]:
        return [("web.b",), ("web.a",)]


def test_the_views_of_later_modules_are_told_by_their_external_ids() -> None:
    registry = Registry()
    assert endangered(registry, ["traction"], ["bus", "web"]) == ["web.a", "web.b"]
    assert registry.asked == (("traction",), ("bus", "web"))


def test_without_later_modules_nothing_is_asked() -> None:
    assert endangered(Registry(), ["traction"], []) == []
    assert endangered(None, ["traction"], ["web"]) == []


@pytest.mark.parametrize(
    ("arch", "takes"),
    [
        (r'{"en_US": "<field name=\"api\" position=\"replace\"/>"}', True),
        ("<xpath expr='//div' position='move'/>", True),
        (r'{"en_US": "<field name=\"api\" position=\"after\"><b>replace</b></field>"}', False),
    ],
)
def test_a_view_takes_a_part_away_if_it_replaces_or_moves_it(arch: str, takes: bool) -> None:
    """As PostgreSQL holds it: with its translations as JSON, since 16.0."""
    pattern = re.findall(r"~ '(.+)'", QUERY)[0]
    assert bool(re.search(pattern, arch)) is takes
