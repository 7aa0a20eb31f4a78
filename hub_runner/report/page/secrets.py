"""Hides what looks like a password or a token in text that people pass on."""

from __future__ import annotations

import re

HIDDEN = "***"
_ADDRESS = re.compile(r"(?P<start>\b[a-z][a-z0-9+.-]{0,20}://)[^/\s@'\"<>]{1,500}@", re.I)
# A name that ends with one of these, then = or :, then a value. Python's `password: str` keeps its type: it is no secret.
_NAMED = re.compile(
    r"(?P<name>\b[\w-]{0,60}(?:password|passwd|pwd|secret|token|api[_-]?key|private[_-]?key)[\"']?\s{0,3}[=:]\s{0,3})"
    r"(?P<quote>[\"']?)(?!(?:str|None|True|False|bool|int|bytes|fields?)\b)(?P<value>[^\s\"',;&<>)\]}]{1,2000})",
    re.I,
)
_HEADER = re.compile(
    r"(?P<name>\bauthorization\s{0,3}[=:]\s{0,3}[\"']?(?:basic|bearer|token)\s{1,3})[\w.~+/=-]{4,2000}", re.I
)
_KNOWN = re.compile(
    r"\b(?:gh[pousr]_\w{20,255}|github_pat_\w{20,255}|glpat-[\w-]{15,255}|AKIA[0-9A-Z]{16}|xox[abpr]-[\w-]{10,255})\b"
)
_KEY = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.S)


def without_secrets(text: str) -> str:
    """``text`` with stars in place of passwords in addresses, values of telling names, and tokens of known forms."""
    text = _KEY.sub(HIDDEN, text)
    text = _ADDRESS.sub(rf"\g<start>{HIDDEN}@", text)
    text = _HEADER.sub(rf"\g<name>{HIDDEN}", text)
    text = _NAMED.sub(rf"\g<name>\g<quote>{HIDDEN}", text)
    return _KNOWN.sub(HIDDEN, text)
