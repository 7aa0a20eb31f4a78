"""Makes a page of a template. All text is made harmless, robbed of secrets and escaped on the way."""

from __future__ import annotations

import base64
import hashlib
from functools import lru_cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

import hub_runner
from hub_runner.report.output_folder import MARKS
from hub_runner.report.page.secrets import without_secrets
from hub_runner.settings import REPORT
from hub_runner.text import file_line, harmless

TEMPLATES = Path(__file__).parent / "templates"


def render(template: str, content: object) -> bytes:
    """The page as UTF-8. ``content`` is what the template calls ``page``."""
    text = _environment().get_template(template).render(page=content)
    return text.encode("utf-8", "replace")


def compile_templates() -> None:
    """Before a process is copied: each copy would compile them for itself, a quarter of what a small run costs it."""
    for name in _environment().list_templates(extensions=["html"]):
        _environment().get_template(name)


@lru_cache(maxsize=1)
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        finalize=_shown,
        undefined=StrictUndefined,  # a misspelt name is an error, and no empty place
        trim_blocks=True,
        lstrip_blocks=True,
    )
    style = (TEMPLATES / "style.css").read_text(encoding="utf-8").strip()
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    environment.globals.update(
        file_line=file_line,
        version=hub_runner.__version__,
        mark=Markup(MARKS[REPORT].decode()),  # noqa: S704  # ours, as is the style
        style=Markup(style),  # noqa: S704
        policy=f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; base-uri 'none'; form-action 'none'",
    )
    return environment


def _shown(value: object) -> object:
    """What stands in the place of a value before it is escaped."""
    return without_secrets(harmless(value)) if isinstance(value, str) and not isinstance(value, Markup) else value
