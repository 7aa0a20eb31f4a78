"""What to do about a failed test, in a sentence: the likeliest right name, or what such an error mostly comes from."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from hub_runner.verdict.known_mistakes import known, of_set_up
from hub_runner.verdict.recorded import Hint
from hub_runner.verdict.source_lines import lines_of, lines_with, python_files

_UNASSIGNED = re.compile(r"Compute method failed to assign [\w.]+\(.*\)\.(?P<field>\w+)")

_SIGNAL = re.compile(r"success_signal\s*=\s*([\"'])(?P<signal>[^\"'\n]+)\1")


def of_test(folder: Path, method: str, traceback: str, hints: Sequence[Hint], logged: Sequence[str] = ()) -> str:
    """Advice on a test whose ``traceback`` is given; empty if nothing helps. ``folder`` is the module's.

    ``logged`` are the last lines that it logged.
    """
    error = traceback[-4000:]
    for hint in hints:
        if advice := _of_hint(folder, hint):
            return advice
    if advice := of_set_up(method, error):
        return advice
    if "Script timeout exceeded" in error and (advice := _other_signal(folder, logged)):
        return advice
    found = known(error)
    where = _compute_method(folder, match["field"]) if (match := _UNASSIGNED.search(error)) else ""
    return " ".join(filter(None, (found.advice if found else "", where)))


def _other_signal(folder: Path, logged: Sequence[str]) -> str:
    """What a browser test waits for in vain because this Odoo writes it in another case: the words differ by series."""
    text = "\n".join("\n".join(lines_of(path)) for path in python_files(folder))
    for signal in dict.fromkeys(match["signal"] for match in _SIGNAL.finditer(text)):
        for line in logged:
            match = re.search(re.escape(signal), line, re.IGNORECASE)
            if match and match[0] != signal:
                return f"The page logged {match[0]!r}, and the test waits for {signal!r}: correct its success_signal."
    return ""


def _of_hint(folder: Path, hint: Hint) -> str:
    """The name, and the line of the module where the wrong one stands if that is not in a test: a default, a domain."""
    if hint.module or not hint.advice:
        return hint.advice
    quoted = re.compile(rf"[\"']{re.escape(hint.wrong)}[\"']")
    place = next((f"{file}:{line}" for file, line in lines_with(folder, quoted) if not file.startswith("tests/")), "")
    return f"{hint.advice} ({hint.wrong!r} stands in {place})" if place else hint.advice


def _compute_method(folder: Path, field: str) -> str:
    """Where the method is that computes ``field``; empty if that is not clear."""
    definition = re.compile(rf"^\s+{field}\s*=\s*fields\.\w+\(", re.MULTILINE)
    text = "\n".join("\n".join(lines_of(path)) for path in python_files(folder))
    match = definition.search(text)
    argument = re.search(r"\bcompute=[\"'](\w+)[\"']", text[match.end() :].partition("fields.")[0]) if match else None
    name = argument[1] if argument else ""
    places = lines_with(folder, re.compile(rf"^\s+def {name}\(")) if name else iter(())
    return next((f"It is {name} in {file}:{line}." for file, line in places), "")
