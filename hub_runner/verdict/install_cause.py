"""The first cause of a failed install, out of a cascade of tracebacks, and the line of the module that it leads to."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass

from hub_runner.checkout.modules import MANIFEST
from hub_runner.checkout.python import lies_in
from hub_runner.text import shorten
from hub_runner.verdict.evidence import Evidence
from hub_runner.verdict.recorded import Logged

_FRAME = re.compile(r'^  File "(?P<file>[^"]+)", line (?P<line>\d+)', re.MULTILINE)
_DATA_FILE = re.compile(r"while parsing (?:file:)?(?P<xml>\S+?):(?P<line>\d+)|: file (?P<csv>\S+?) could not be processed")
_MANIFEST = re.compile(r"Module (?P<name>\w+): invalid manifest")
_CHAIN = re.compile(
    r"\n(?:The above exception was the direct cause of|During handling of the above exception, another)[^\n]*\n"
)


@dataclass(frozen=True, kw_only=True)
class Cause:
    """What was raised, and where. ``module`` is the tested one, or one that it depends on."""

    module: str
    error: str
    advice: str = ""  # the likeliest right name, or what to do
    details: tuple[str, ...] = ()
    file: str | None = None  # relative to the module's folder
    line: int | None = None


def first(evidence: Evidence, log: Logged) -> Cause:
    """What was raised, and the line of the module that it leads to."""
    module = _module(evidence, log)
    blocks = _CHAIN.split(log.exception)
    file, line = place(blocks, module) or (None, None)
    error, *rest = _own_words(blocks) or [log.message]
    return Cause(module=module, error=shorten(error.strip(), 500), details=tuple(rest[:12]), file=file, line=line)


def _module(evidence: Evidence, log: Logged) -> str:
    """Odoo loads a module's dependencies before it; with none of ours loaded, the module itself was refused.

    Before all that it reads the manifest of each module on its addons path, and 17.0 and 18.0 stop at a bad one.
    """
    if match := _MANIFEST.search(log.exception):
        return match["name"]
    name = evidence.module.name
    return log.loading if log.loading and not evidence.was_loaded and log.loading != "base" else name


def _own_words(blocks: list[str]) -> list[str]:
    """The last exception's, unless it only says in which record or manifest the one before it was raised."""
    words = _message(blocks[-1])
    if words and _MANIFEST.search(words[0]) and len(blocks) > 1:
        return _message(blocks[-2])
    if words and "somewhere inside" in words[0] and len(blocks) > 1:
        return [*_message(blocks[-2]), *words[1:]]
    if words and "could not be processed:" in words[0] and len(words) > 1:
        return words[1:]
    if words and "while parsing" in words[0] and len(words) > 1:
        return _view_error(words[1:])
    return words


def _message(block: str) -> list[str]:
    """The lines of the exception itself: what stands below the frames, which are indented."""
    lines = block.rstrip().splitlines()
    start = next((i for i in reversed(range(len(lines))) if _FRAME.match(lines[i])), -1) + 1
    while start < len(lines) and lines[start].startswith("  "):
        start += 1
    return [line for line in lines[start:] if line.strip()]


def _view_error(words: list[str]) -> list[str]:
    """What is wrong, first. Odoo may show the XML near it before that, and always its own context last."""
    context = next((i for i, word in enumerate(words) if word.startswith("View error context")), len(words))
    words = [part for word in words[:context] for part in _as_text(word)]
    if words and words[0].startswith("Error while"):
        reason = [word for word in words if not word.startswith((" ", "<"))][-1:]
        return [*reason, *(word for word in words if word not in reason)]
    return words


def _as_text(word: str) -> list[str]:
    """The lines of a message that is HTML, what is certain in it first; any other line as it is."""
    if "<br/>" not in word:
        return [word]
    plain = [html.unescape(re.sub(r"<[^>]*>", "", part)) for part in word.split("<br/>")]
    certain = next((part for part in plain if "does not exist in model" in part), "")
    return [*plain, certain.removeprefix("- ")] if certain else plain


def place(blocks: list[str], module: str) -> tuple[str, int | None] | None:
    """The data file that was read, else the innermost line of the module's own code in the first of the tracebacks."""
    words = "\n".join(_message(blocks[-1]))
    if _MANIFEST.search(words):
        return MANIFEST, None
    match = _DATA_FILE.search(words)  # not in the whole block: up to 17.0 a line of Odoo's own code says it too
    path = match and (match["xml"] or match["csv"])
    if match and path and f"{module}/" in path:
        return _inside(path, module), int(match["line"]) if match["line"] else None
    for block in blocks:
        frames = [(m["file"], int(m["line"])) for m in _FRAME.finditer(block) if lies_in(m["file"], module)]
        if frames:
            return _inside(frames[-1][0], module), frames[-1][1]
    return None


def _inside(path: str, module: str) -> str:
    return path.rpartition(f"{module}/")[2]
