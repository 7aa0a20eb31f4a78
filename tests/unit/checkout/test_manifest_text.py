from __future__ import annotations

import pytest

from hub_runner.checkout.manifest_text import missing_comma, no_literal


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{\n'name': _('x'),\n}", (2, "it has `_('x')`")),
        ("dict(\nname='x')", (1, "it has `dict(name='x')`")),
        ("# -*-\nmanifest = {'name': 'x'}", (2, "it has `manifest = {'name': 'x'}`")),
        ("{'a': f'{x}'}", (1, "it has `f'{x}'`")),
        ("{}\n{}", (2, "a second statement stands there")),
        ("{'a': 1}", (None, "")),
        ("{", (None, "")),
        ("", (None, "")),
    ],
)
def test_what_is_no_literal_is_found_with_its_line(text: str, expected: tuple[int | None, str]) -> None:
    assert no_literal(text) == expected


@pytest.mark.parametrize(
    ("text", "value", "expected"),
    [
        ("{'depends': ['base' 'mail']}", "basemail", (1, "base")),
        ("{'depends': [\n'base'  # first\n\n'mail',\n'web']}", "basemail", (2, "base")),
        ("{'depends': ['basemail']}", "basemail", None),
        ("{'depends': ['base', 'mail']}", "basemail", None),
        ("{'depends': [", "basemail", None),
    ],
)
def test_a_missing_comma_is_found(text: str, value: str, expected: tuple[int, str] | None) -> None:
    assert missing_comma(text, value) == expected
