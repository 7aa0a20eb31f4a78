"""Templates are compiled once, however many processes make pages of them."""

from __future__ import annotations

import jinja2
import pytest

from hub_runner.report.page import render


def test_once_all_templates_are_compiled_a_page_compiles_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each module of a batch compiled them for itself, in its copy of the process."""
    render._environment.cache_clear()
    render.compile_templates()
    monkeypatch.setattr(jinja2.Environment, "compile", pytest.fail)
    for name in ("run.html", "batch.html"):
        render._environment().get_template(name)


def test_a_name_that_no_template_has_is_an_error() -> None:
    with pytest.raises(jinja2.TemplateNotFound):
        render.render("no such page.html", None)
