"""What a failed test needed, read from the end of its traceback and from the registry that knows who adds what."""

from __future__ import annotations

from typing import Any

import pytest

from hub_runner.odoo.inside.needs import needed


def defined_in(module: str, *bases: type, **names: object) -> type:
    return type("Definition", bases, {**names, "__module__": f"odoo.addons.{module}.models.it"})


Partner = defined_in("base", name="a field")
OfWeb = defined_in("web", onchange=lambda self: None, read_grouped=lambda self: None)
OfMine = defined_in("mine", onchange=lambda self: None)
Channel = type("discuss.channel", (defined_in("mail"),), {"_original_module": "mail"})
REGISTRY: dict[str, Any] = {"res.partner": type("res.partner", (OfMine, OfWeb, Partner), {}), "discuss.channel": Channel}


def found(traceback: str, *after: str) -> list[tuple[str, str]]:
    return list(needed(traceback, REGISTRY, after))


@pytest.mark.parametrize(
    ("words", "module", "what"),
    [
        ("AttributeError: 'res.partner' object has no attribute 'onchange'", "web", "res.partner.onchange"),
        ("ValueError: Invalid field 'onchange' on model 'res.partner'", "web", "res.partner.onchange"),
        ("ValueError: Invalid field res.partner.read_grouped in leaf", "web", "res.partner.read_grouped"),
        ("NotImplementedError: onchange() is implemented in module 'web'", "web", "onchange"),
        ("KeyError: 'discuss.channel'", "mail", "discuss.channel"),
        ("ValueError: External ID not found in the system: web.layout", "web", "web.layout"),
    ],
)
def test_what_is_missing_leads_to_the_module_that_has_it(words: str, module: str, what: str) -> None:
    assert found(f"Traceback (most recent call last):\n  ...\n{words}\n", "web", "mail") == [(module, what)]


def test_what_was_there_before_the_test_is_no_need() -> None:
    assert found("AttributeError: 'res.partner' object has no attribute 'onchange'", "mail") == []


@pytest.mark.parametrize(
    "words",
    [
        "AttributeError: 'res.partner' object has no attribute 'nobody_has_this'",
        "AttributeError: 'no.such.model' object has no attribute 'onchange'",
        "KeyError: 'just_a_key'",
        "KeyError: 'no.such.model'",
        "AssertionError: 1 != 2",
        "",
    ],
)
def test_what_nobody_adds_later_is_a_failure_like_any_other(words: str) -> None:
    assert found(words, "web", "mail") == []


def test_without_a_registry_external_ids_are_still_known() -> None:
    text = "KeyError: 'discuss.channel'\nValueError: External ID not found in the system: web.layout"
    assert list(needed(text, None, {"web", "mail"})) == [("web", "web.layout")]
