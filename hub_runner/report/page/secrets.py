"""Hides what looks like a password or a token in text that people pass on."""

from __future__ import annotations

import re

HIDDEN = "***"
# A password may hold an @. The second half is for one with a slash in it; what looks like a port is none.
_ADDRESS = re.compile(
    r"(?P<start>\b[a-z][a-z0-9+.-]{0,20}://)(?:[^/\s'\"<>]{1,500}|[^/:\s@'\"<>]{0,200}:(?!\d{1,5}/)[^\s@'\"<>]{1,500})@",
    re.I,
)
_TELLING = (
    r"(?:secret|password|passwd|passphrase|pwd|token|credential|(?:api|access|private|signing|encryption|auth)[_-]?key)"
)
# An error's name is followed by a colon and its message; Python's `password: str` by a type; a model's by its field.
_NO_NAME = r"(?![\w-]{0,60}(?:Error|Exception|Warning)\b)"
_NO_VALUE = r"(?!(?:str|None|True|False|bool|int|bytes|fields)\b)"
_VALUE = r"(?:\"[^\"\n]{1,2000}\"?|'[^'\n]{1,2000}'?|[^\s\"',;&<>)\]}]{1,2000})"
_NAMED = re.compile(
    rf"(?P<name>{_TELLING}{_NO_NAME}[\w-]{{0,60}}[\"']?\s{{0,3}}[=:]\s{{0,3}}){_NO_VALUE}(?P<value>{_VALUE})", re.I
)
_FLAG = re.compile(rf"(?P<name>(?<![\w-])--?[\w-]{{0,40}}{_TELLING}[\w-]{{0,20}}\s{{1,3}})(?P<value>(?!-){_VALUE})", re.I)
_HEADER = re.compile(
    r"(?P<name>\bauthorization[\"']?\s{0,3}[=:]\s{0,3}[\"']?(?:basic|bearer|token)\s{1,3})(?P<value>[\w.~+/=-]{4,2000})",
    re.I,
)
_KNOWN = re.compile(  # tokens of GitHub, GitLab, AWS and Slack
    r"\b(?:gh[pousr]_\w{20,255}|github_pat_\w{20,255}|glpat-[\w-]{15,255}|AKIA[0-9A-Z]{16}|xox[abpr]-[\w-]{10,255})\b"
)
_KEY = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.S)


def without_secrets(text: str) -> str:
    """``text`` with stars in place of passwords in addresses, values of telling names, and tokens of known forms."""
    text = _KEY.sub(HIDDEN, text)
    text = _ADDRESS.sub(rf"\g<start>{HIDDEN}@", text)
    for pattern in (_HEADER, _NAMED, _FLAG):
        text = pattern.sub(_starred, text)
    return _KNOWN.sub(HIDDEN, text)


def _starred(match: re.Match[str]) -> str:
    """The value's own quotes stay, so that the text around it reads as before."""
    value = match["value"]
    begin = value[0] if value[0] in "\"'" else ""
    end = begin if begin and value.endswith(begin) and len(value) > 1 else ""
    return f"{match['name']}{begin}{HIDDEN}{end}"
