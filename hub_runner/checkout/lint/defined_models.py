"""The Odoo models in a module's Python text: which ones it makes, and which ones it extends."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Set
from dataclasses import dataclass

from hub_runner.checkout.python import base_names, statements
from hub_runner.text import closest


@dataclass(frozen=True, kw_only=True)
class Defined:
    """The models that a module's classes name."""

    made: frozenset[str]  # by `_name`
    extended: frozenset[str]  # by `_inherit` without another `_name`
    certain: bool  # whether these are all: every file could be parsed, and every class says its names as plain texts

    @property
    def touched(self) -> frozenset[str]:
        """Odoo gives each of them an external id of the module: ``model_`` and the name with underscores."""
        return self.made | self.extended


def defined(trees: Iterable[ast.Module], *, certain: bool = True) -> Defined:
    """The models that the classes in ``trees`` make or extend; ``certain`` is false if there are classes elsewhere."""
    made, extended = set[str](), set[str]()
    for cls in (cls for tree in trees for cls in _classes(tree)):
        name, inherit = texts(cls, "_name"), texts(cls, "_inherit")
        if name is None or inherit is None:
            certain = False
        if name and not set(name) & set(inherit or ()):
            made.update(name)
        elif name:
            extended.update(name)
        else:
            extended.update(inherit or ())
            if not inherit and is_model(cls):  # since 19.0 Odoo makes the name out of the class's name
                made.add(_from_class(cls.name))
    return Defined(made=frozenset(made), extended=frozenset(extended), certain=certain)


def is_odoo(tree: ast.Module) -> bool:
    """Whether a file has models or web controllers, which only count once Odoo has imported it."""
    return any(is_model(cls) or _has_routes(cls) for cls in _classes(tree))


def unknown(underscored: str, own: Defined, made: Set[str], *, hinted: bool) -> tuple[str, bool]:
    """What is wrong with the external id ``model_UNDERSCORED`` of a module with the models ``own``. Is it certain?

    The message is empty if nothing is wrong. ``made`` are all models that the involved modules of the checkout make. Odoo
    also gives a module ids of the models that inherit from one that it extends: if it extends a model of Odoo's own, which
    models these are is not known here, and nothing is certain.
    """
    if not own.certain or underscored in {name.replace(".", "_") for name in own.touched}:
        return "", False
    elsewhere = sorted(name for name in made if name.replace(".", "_") == underscored)
    certain = own.extended <= made
    if elsewhere:
        return (
            f"model_{underscored} belongs to the module that defines {elsewhere[0]}: write MODULE.model_{underscored}",
            certain,
        )
    close = closest(underscored, (name.replace(".", "_") for name in own.touched if hinted))
    hint = f"; did you mean model_{close[0]}?" if close else "; is its file imported in __init__.py?"
    return f"no class of the module defines the model of model_{underscored}{hint}", certain


def _classes(tree: ast.Module) -> Iterator[ast.ClassDef]:
    return (node for node in statements(tree) if isinstance(node, ast.ClassDef))


def _has_routes(cls: ast.ClassDef) -> bool:
    """Whether a method bears ``@http.route(...)``."""
    methods = (node for node in cls.body if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)))
    decorators = (node.func if isinstance(node, ast.Call) else node for method in methods for node in method.decorator_list)
    return any("route" in (getattr(node, "attr", ""), getattr(node, "id", "")) for node in decorators)


def texts(cls: ast.ClassDef, attribute: str) -> tuple[str, ...] | None:
    """The texts that a class assigns to ``attribute``; () if it does not, None if they are made up at run time."""
    for node in cls.body:
        targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
        if any(isinstance(target, ast.Name) and target.id == attribute for target in targets):
            value = node.value if isinstance(node, (ast.Assign, ast.AnnAssign)) else None
            texts = value.elts if isinstance(value, (ast.List, ast.Tuple, ast.Set)) else [value]
            words = [text.value for text in texts if isinstance(text, ast.Constant) and isinstance(text.value, str)]
            return tuple(words) if len(words) == len(texts) else None
    return ()


def is_model(cls: ast.ClassDef) -> bool:
    return not base_names(cls).isdisjoint(("Model", "TransientModel", "AbstractModel"))


def _from_class(name: str) -> str:
    """``SaleOrder`` is ``sale.order``."""
    return "".join(
        f".{letter.lower()}" if letter.isupper() and number else letter.lower() for number, letter in enumerate(name)
    )
