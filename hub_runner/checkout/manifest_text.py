"""Where in the text of a manifest a mistake stands that its value does not show any more."""

from __future__ import annotations

import ast
import io
import tokenize

_LITERAL = (ast.Dict, ast.List, ast.Tuple, ast.Set, ast.Constant, ast.UnaryOp, ast.BinOp, ast.Expr, ast.Module)


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


def missing_before_key(text: str) -> tuple[int, str] | None:
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
