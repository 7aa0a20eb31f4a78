"""Python text that belongs to the tested modules: parsed without running it, whatever is in it.

That text may be anything, so the parser may give up in four ways. Here they become one exception.
"""

from __future__ import annotations

import ast
import re
import sys
import warnings
from collections.abc import Iterator

from hub_runner.text import not_utf8

# Syntax that came with Python 3.12 to 3.14: type aliases and parameters, `except A, B:`, template strings and
# f-strings that repeat their quotes. An older parser refuses it with words that fit many other mistakes, too.
_NEW_IN_FILE = re.compile(
    r"^\s*(?:type\s+\w+[^=\n]*=|(?:async\s+)?(?:def|class)\s+\w+\s*\[|except\*?\s+[\w.]+\s*,)", re.MULTILINE
)
_NEW_IN_LINE = re.compile(r"\b(?:[rR]?[fFtT][rR]?)[\"']")


class Unparsable(Exception):
    """The text is no Python. ``line`` starts at 1 and is None if the parser named none.

    ``certain`` says whether every Python would refuse it: False if a parser only ran out of memory or depth, or if the
    text may use syntax that is newer than this interpreter.
    """

    def __init__(self, message: str, line: int | None = None, *, certain: bool = True) -> None:
        super().__init__(message)
        self.line, self.certain = line, certain


def parse(text: bytes | str, name: str) -> ast.Module:
    """The syntax tree of ``text``, the contents of the file ``name``. Raises Unparsable."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about the tested text: its own tests will show them
            return ast.parse(text, filename=name)
    except SyntaxError as error:
        raise _unparsable(text, error.msg or "invalid syntax", error.lineno) from error
    except (MemoryError, RecursionError) as error:
        raise Unparsable("it is nested too deeply to be parsed", certain=False) from error
    except ValueError as error:  # null bytes; a text that its own encoding does not allow
        raise _unparsable(text, str(error)) from error


def _unparsable(text: bytes | str, message: str, line: int | None = None) -> Unparsable:
    """The parser's words, or those on the file's encoding if that is what the parser could not read."""
    unreadable = "unicode error" in message or "null bytes" in message or "UTF-8" in message
    if unreadable and isinstance(text, bytes) and (problem := not_utf8(text)):
        return Unparsable(f"the file {problem[1]}", problem[0])
    return Unparsable(message, line)


def check(text: bytes, name: str, *, python: tuple[int, int] | None = None) -> ast.Module:
    """Like ``parse``, and compiled too: that also finds a ``return`` outside of a function or an argument that stands twice.

    ``python`` is the version that will run the text; None if nobody knows it. Raises Unparsable.
    """
    try:
        tree = parse(text, name)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(tree, name, "exec", dont_inherit=True)
    except SyntaxError as error:
        certain = "future feature" not in error.msg
        raise Unparsable(error.msg, error.lineno, certain=certain) from error
    except (MemoryError, RecursionError) as error:
        raise Unparsable("it is nested too deeply to be compiled", certain=False) from error
    except Unparsable as error:
        if error.certain and _may_be_newer(text, error.line, python):
            raise Unparsable(str(error), error.line, certain=False) from error
        raise
    return tree


def statements(tree: ast.Module) -> Iterator[ast.stmt]:
    """All statements at any depth, without the expressions in them: a tenth of what ``ast.walk`` goes through.

    (A loop and no recursion, because code may nest deeper than Python calls.)
    """
    queue: list[ast.AST] = [tree]
    while queue:
        node = queue.pop()
        if isinstance(node, ast.stmt):
            yield node
        for block in ("body", "orelse", "finalbody", "handlers", "cases"):
            children = getattr(node, block, ())
            queue.extend(children if isinstance(children, list) else ())


def base_names(cls: ast.ClassDef) -> frozenset[str]:
    """The last names of a class's bases: ``TransactionCase`` for ``common.TransactionCase``; empty for a call."""
    return frozenset(base.attr if isinstance(base, ast.Attribute) else getattr(base, "id", "") for base in cls.bases)


def _may_be_newer(text: bytes, line: int | None, python: tuple[int, int] | None) -> bool:
    """Whether a parser that is newer than this one might accept ``text``, which this one refused at ``line``."""
    if python is not None and python <= sys.version_info[:2]:
        return False
    words = text.decode(errors="replace")
    lines = words.splitlines()
    here = lines[line - 1] if line and line <= len(lines) else ""
    return bool(_NEW_IN_FILE.search(words) or _NEW_IN_LINE.search(here))


def lies_in(file: str, module: str) -> bool:
    """Whether a file of a traceback lies in the module, and not in a package of Python with its name (OCA's fastapi).

    Odoo's own modules lie among those packages, too, but deeper: in ``dist-packages/odoo/addons``.
    """
    return re.search(rf"(?<!/dist-packages)(?<!/site-packages)/{re.escape(module)}/", file) is not None
