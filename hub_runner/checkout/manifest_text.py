"""The text of a manifest: the dictionary that it stands for, or where in it a mistake is."""

from __future__ import annotations

import ast
import codecs
import io
import tokenize
from pathlib import Path
from typing import Any

from hub_runner.checkout.python import Unparsable, parse
from hub_runner.errors import UsageError
from hub_runner.text import not_utf8

_LITERAL = (ast.Dict, ast.List, ast.Tuple, ast.Set, ast.Constant, ast.UnaryOp, ast.BinOp, ast.Expr, ast.Module)


class ManifestError(UsageError):
    """A manifest is not what Odoo reads. ``line`` starts at 1."""

    def __init__(self, path: Path, problem: str, line: int | None = None) -> None:
        self.path, self.problem, self.line = path, problem, line or 1
        super().__init__(f"{path}{f', line {line}' if line else ''}: {problem}.")


def read_manifest(content: bytes, path: Path) -> dict[str, Any]:
    """The manifest in the file ``path``, whose bytes are ``content``. Raises ManifestError with the line of a mistake."""
    if problem := not_utf8(content):
        raise ManifestError(path, f"the manifest {problem[1]}", problem[0])
    if content.startswith(codecs.BOM_UTF8):
        raise ManifestError(path, "the manifest begins with a byte order mark: save it as UTF-8 without BOM", 1)
    text = content.decode()
    try:
        manifest = ast.literal_eval(_expression(text, path))
    except Unparsable as error:
        if comma := _missing_before_key(text):
            raise ManifestError(path, f"a comma is missing after {comma[1]}", comma[0]) from error
        raise ManifestError(path, f"the manifest has a syntax error: {error}", error.line) from error
    except (ValueError, TypeError, MemoryError, RecursionError) as error:
        line, what = no_literal(text)
        raise ManifestError(path, f"the manifest must be one literal Python dictionary ({what or error})", line) from error
    if not isinstance(manifest, dict):
        raise ManifestError(path, f"the manifest must be a dictionary, not a {type(manifest).__name__}")
    depends = manifest.get("depends") or []
    if not isinstance(depends, (list, tuple, set)) or not all(isinstance(name, str) for name in depends):
        raise ManifestError(path, f"'depends' must be a list of module names, not {depends!r}")
    return manifest


def _expression(text: str, path: Path) -> ast.expr:
    """The one expression that a manifest consists of. Raises Unparsable or ValueError."""
    body = parse(text.lstrip(" \t"), str(path)).body
    if not body:
        raise Unparsable("the file is empty")
    if len(body) > 1 or not isinstance(body[0], ast.Expr):
        raise ValueError("it has other statements")
    return body[0].value


def no_literal(text: str) -> tuple[int | None, str]:
    """The first line of a manifest with something that is no literal, and that; (None, "") if there is none."""
    try:
        tree = ast.parse(text.lstrip(" \t"))
        nodes = [
            node for node in ast.walk(tree) if isinstance(node, (ast.stmt, ast.expr)) and not isinstance(node, _LITERAL)
        ]
        first = min(nodes, key=lambda node: (node.lineno, node.col_offset), default=None)
        if first is None and len(tree.body) > 1:
            return tree.body[1].lineno, "a second statement stands there"
        return (first.lineno, f"it has `{_short(ast.unparse(first))}`") if first else (None, "")
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return None, ""


def _missing_before_key(text: str) -> tuple[int, str] | None:
    """The line and the end of the entry after which a dictionary lacks a comma, so that its next key is no key any more."""
    before: list[tokenize.TokenInfo] = []
    try:
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            if token.type in (tokenize.NL, tokenize.NEWLINE, tokenize.COMMENT, tokenize.INDENT, tokenize.DEDENT):
                continue
            if token.string == ":" and len(before) == 2 and before[1].type == tokenize.STRING:
                last = before[0]
                if last.end[0] < before[1].start[0] and (last.string in "])}" or last.type != tokenize.OP):
                    return last.end[0], last.string
            before = [*before[-1:], token]
    except (tokenize.TokenError, SyntaxError, ValueError):
        pass
    return None


def _short(text: str) -> str:
    line = text.partition("\n")[0]
    return line if len(line) <= 60 else f"{line[:57]}..."


def missing_comma(text: str, value: str) -> tuple[int, str] | None:
    """The line and the first of the texts that Python joined to ``value`` for want of a comma; None if none were.

    ``value`` is an entry of a list: `'base' 'mail'` is the name `basemail`.
    """
    joined: list[tokenize.TokenInfo] = []
    try:
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            if token.type == tokenize.STRING:
                joined.append(token)
            elif token.type not in (tokenize.NL, tokenize.COMMENT):
                if len(joined) > 1 and "".join(_value(it) for it in joined) == value:
                    return joined[0].end[0], _value(joined[0])
                joined = []
    except (tokenize.TokenError, SyntaxError, ValueError):
        pass
    return None


def _value(token: tokenize.TokenInfo) -> str:
    return str(ast.literal_eval(token.string))
