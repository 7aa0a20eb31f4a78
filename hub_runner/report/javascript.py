"""What the browser said of a failed test. Odoo's own message begins with the code that it ran, and that explains nothing."""

from __future__ import annotations

import ast
import re
from contextlib import suppress

MARK = "JavaScript: "
_OF_ODOO = re.compile(
    r'AssertionError: (?P<odoo>The test code ".*?" failed|Some js test failed)\n\n\s*(?P<said>\S.*)', re.DOTALL
)
_ASSERTION = re.compile(r"^1\. (?P<text>.+)$", re.MULTILINE)  # of HOOT, below the name of its test
_DESCRIPTION = re.compile(r"""'description': (?P<text>'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")""")


def browser_first(message: str) -> str:
    """An exception's message with the browser's words before Odoo's; as it is if it is not that of a browser test."""
    match = _OF_ODOO.match(message)
    if not match:
        return message
    first, *more = _said(match["said"]).rstrip().splitlines()
    assertion = _ASSERTION.search("\n".join(more))
    if assertion:
        first = f"{first.rstrip(': ')}: {assertion['text']}"
        more.remove(assertion[0])
    return "\n".join((MARK + first, *more, match["odoo"]))


def _said(text: str) -> str:
    """What was thrown; the browser hands an error over as a record of which only the description is for people."""
    described = _DESCRIPTION.search(text) if text.startswith("Running code returned an error: {") else None
    with suppress(ValueError, SyntaxError):
        return str(ast.literal_eval(described["text"])) if described else text
    return text


def telling(logged: tuple[str, ...]) -> list[str]:
    """What a browser test logged, without how the browser was started and driven."""
    return [line for line in logged if not line.startswith(("INFO ", "DEBUG "))]
