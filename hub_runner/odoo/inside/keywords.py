"""Expressions of names, as pytest's ``-k`` has them: ``rock and not (slow or tour)``.

A name fits a test if it is a part of the name of its file, its class or its method; upper and lower case are the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Callable  # noqa: UP035 - Python 3.8 evaluates the next line

Fits = Callable[["Iterable[str]"], bool]  # whether an expression fits a test that has these names

_TOKEN = re.compile(r"\s*(?P<token>[()]|[^\s()]+)")
_WORD = re.compile(r"[\w.:/+-]+")


def compiled(expression: str) -> Fits:
    """Raises ValueError that says what is wrong with the expression."""
    tokens = [match["token"] for match in _TOKEN.finditer(expression)]
    parser = _Parser(tokens)
    fits = parser.either()
    if parser.tokens:
        raise ValueError(f"{parser.tokens[0]!r} is not expected there")
    return fits


class _Parser:
    """``or`` binds less than ``and``, and ``and`` less than ``not``."""

    def __init__(self, tokens: list[str]) -> None:
        self.tokens = tokens

    def either(self) -> Fits:
        parts = [self.both()]
        while self.takes("or"):
            parts.append(self.both())
        return lambda names: any(part(names) for part in parts)

    def both(self) -> Fits:
        parts = [self.single()]
        while self.takes("and"):
            parts.append(self.single())
        return lambda names: all(part(names) for part in parts)

    def single(self) -> Fits:
        if self.takes("not"):
            inner = self.single()
            return lambda names: not inner(names)
        if self.takes("("):
            inner = self.either()
            if not self.takes(")"):
                raise ValueError("a closing parenthesis is missing")
            return inner
        return self.name()

    def name(self) -> Fits:
        if not self.tokens:
            raise ValueError("a name is missing at its end")
        token = self.tokens.pop(0)
        if token in ("and", "or", ")"):
            raise ValueError(f"a name is missing before {token!r}")
        if not _WORD.fullmatch(token):
            raise ValueError(f"{token!r} is no name: letters, digits, underscores and points only")
        part = token.lower()
        return lambda names: any(part in name.lower() for name in names)

    def takes(self, token: str) -> bool:
        """Whether the next token is this one, which is then used up."""
        if self.tokens[:1] != [token]:
            return False
        del self.tokens[0]
        return True
