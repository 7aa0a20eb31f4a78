"""The test files of a module as it was tested: parsed once, without importing anything.

Three questions are answered from the text: which test methods are written, whether the tests ask Odoo for web pages, and
which tours of the module no test starts.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from hub_runner.checkout.python import Unparsable, base_names, parse
from hub_runner.text import counted

_Function = ast.FunctionDef | ast.AsyncFunctionDef
_Named = TypeVar("_Named", ast.ClassDef, _Function)
# Methods of Odoo's HttpCase: a test that calls one of them needs web assets.
HTTP_METHODS = {"url_open", "start_tour", "browser_js"}
# Base classes of Odoo's models and of OCA's components: a method test_... of such a class is no test.
MODELS = {"BaseModel", "Model", "TransientModel", "AbstractModel", "Component", "AbstractComponent"}
_CASE = re.compile(r"Case|Common|^Test")  # names of base classes of tests
# Decorators that leave the name as it is; a call of any other one may make tests under names of its own.
_KEEPS_NAME = {
    "at_install", "expectedFailure", "freeze_time", "lower_logging", "lru_cache", "mute_logger", "no_retry", "override",
    "patch", "post_install", "retry", "set_tags", "standalone", "tagged", "timeout", "users", "warmup", "wraps",
}  # fmt: skip
# How tours are registered: since 16.0, and before that.
_TOUR = re.compile(
    rb"""\.category\(\s*["']web_tour\.tours["']\s*\)\s*\.add\(\s*["']([\w.-]+)["']|\btour\.register\(\s*["']([\w.-]+)["']"""
)
DRIVES_BROWSER = re.compile(r"browser_js|start(_\w+)?_tour")  # start_pos_tour and its like call start_tour in turn


@dataclass(frozen=True, kw_only=True)
class Defined:
    """A test method in the text of a file; ``line`` starts at 1."""

    cls: str
    method: str
    line: int
    nested: bool = False  # inside of a function or another class, so that it may never come to be

    @property
    def name(self) -> str:
        return f"{self.cls}.{self.method}"


@dataclass(frozen=True, kw_only=True)
class Span:
    """The lines of a class, or of one of its test methods, decorators included; the first line of a file is 1."""

    cls: str
    method: str  # empty for the class itself
    first: int
    last: int


@dataclass(frozen=True, kw_only=True)
class TestFile:
    """``path`` is relative to the module's folder, with POSIX separators."""

    path: str
    tests: tuple[Defined, ...] = ()
    shadowed: tuple[Defined, ...] = ()  # a later definition of the same name takes their place
    unreadable: str = ""  # why it could not be parsed
    spans: tuple[Span, ...] = ()  # of its classes and their test methods
    words: frozenset[str] = frozenset()  # names that its code uses, imports or holds as text: it may define more by them
    bases: Mapping[str, frozenset[str]] = field(default_factory=dict)  # names of the direct base classes by class
    calls_http: bool = False  # a method of HttpCase is called somewhere
    drives_browser: bool = False  # a tour or a JavaScript test is started somewhere

    __test__ = False  # pytest takes each class named Test* for a test case

    @property
    def holds_tests(self) -> bool:
        """A file that cannot be parsed counts if it is named like a test file: asking is better than forgetting it."""
        return bool(self.tests) or (bool(self.unreadable) and Path(self.path).name.startswith("test_"))


def scan(files: Mapping[str, bytes | ast.Module | Unparsable]) -> tuple[TestFile, ...]:
    """All Python files of the module's ``tests`` folder, at any depth.

    ``files`` are the files of the module by path: their contents, or what the parser made of them.
    """
    names = sorted(name for name in files if name.startswith("tests/") and name.endswith(".py"))
    return tuple(_read(name, files[name]) for name in names)


def ask_for_pages(tests: Iterable[TestFile], others: Iterable[TestFile] = ()) -> bool:
    """Whether ``tests`` ask Odoo for web pages, and so for its web assets, which take longer to build than all else.

    ``others`` are test files of other modules, which may hold the base classes. A wrong answer costs time and never changes
    a verdict. Classes are followed by name: two classes of one name are taken for one.
    """
    own = list(tests)
    bases: dict[str, set[str]] = {}
    for file in (*own, *others):
        for name, names in file.bases.items():
            bases.setdefault(name, set()).update(names)
    return any(file.calls_http or _derives_from_http(file, bases) for file in own)


def unstarted_tours(files: Mapping[str, bytes]) -> Iterator[str]:
    """A sentence for each file below ``static/tests`` with tours that no Python test of the module names.

    Such tours look like tests, and nothing ever runs them; tours elsewhere may be meant for people. ``files`` are the
    module's contents by path.
    """
    tests = b"\n".join(content for path, content in files.items() if path.startswith("tests/") and path.endswith(".py"))
    for path, content in sorted(files.items()):
        if path.startswith("static/tests/") and path.endswith(".js"):
            names = (new or old for new, old in _TOUR.findall(content))
            unnamed = [name.decode() for name in names if name not in tests]
            if unnamed:
                tours = counted(len(unnamed), "tour")
                yield f"{path} has {tours} that no Python test starts (start_tour): {', '.join(unnamed)}."


def _derives_from_http(file: TestFile, bases: Mapping[str, Set[str]]) -> bool:
    named = frozenset[str]().union(*file.bases.values())
    return any("Http" in name for name in ancestors(named, bases))


def ancestors(classes: Iterable[str], bases: Mapping[str, Set[str]]) -> set[str]:
    """The names of these classes, and of all that they derive from. ``bases`` are the direct base classes by class."""
    found, queue = set[str](), set(classes)
    while queue:
        found |= queue
        queue = {base for name in queue for base in bases.get(name, ())} - found
    return found


def _read(name: str, file: bytes | ast.Module | Unparsable) -> TestFile:
    try:
        tree = parse(file, name) if isinstance(file, bytes) else file
        if isinstance(tree, Unparsable):
            raise tree
    except Unparsable as error:
        where = f" ({name}, line {error.line})" if error.line else ""
        return TestFile(path=name, unreadable=f"{error}{where}")
    nodes = list(ast.walk(tree))
    classes = [node for node in nodes if isinstance(node, ast.ClassDef)]
    cases = [cls for cls in classes if not _is_model(cls)]
    outer = set(_outer(tree))
    called = {node.func.attr for node in nodes if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)}
    bases: dict[str, frozenset[str]] = {}
    for cls in classes:
        bases[cls.name] = bases.get(cls.name, frozenset()) | base_names(cls)
    return TestFile(
        path=name,
        tests=tuple(test for cls in cases if cls.bases for test in _methods(cls, nested=cls not in outer)),
        shadowed=tuple(_shadowed(tree, cases)),
        spans=tuple(_spans(classes)),
        words=frozenset(_words(nodes)),
        bases=bases,
        calls_http=not called.isdisjoint(HTTP_METHODS),
        drives_browser=any(DRIVES_BROWSER.fullmatch(name) for name in called),
    )


def _words(nodes: Iterable[ast.AST]) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.alias):
            yield node.asname or node.name
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.isidentifier():
            yield node.value


def _spans(classes: Iterable[ast.ClassDef]) -> Iterator[Span]:
    for cls in classes:
        yield _span(cls, cls.name, "")
        for node in _functions(cls):
            if node.name.startswith("test"):
                yield _span(node, cls.name, node.name)


def _span(node: ast.ClassDef | _Function, cls: str, method: str) -> Span:
    first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
    return Span(cls=cls, method=method, first=first, last=node.end_lineno or node.lineno)


def _outer(tree: ast.Module) -> Iterator[ast.ClassDef]:
    """The classes of a file itself, those under a condition included. (A loop: code may nest deeper than Python calls.)"""
    queue: list[ast.AST] = [tree]
    while queue:
        for child in ast.iter_child_nodes(queue.pop()):
            if isinstance(child, ast.ClassDef):
                yield child
            elif not isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.expr)):
                queue.append(child)


def _is_model(cls: ast.ClassDef) -> bool:
    """Whether it makes a model and no test case: tests may import such classes late, as OCA's FakeModelLoader has it."""
    bases = base_names(cls)
    if bases and bases <= MODELS:
        return True
    names = {target.id for node in cls.body for target in _targets(node) if isinstance(target, ast.Name)}
    return not names.isdisjoint({"_name", "_inherit"}) and not any(_CASE.search(base) for base in bases)


def _targets(node: ast.stmt) -> list[ast.expr]:
    return node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []


def _methods(cls: ast.ClassDef, *, nested: bool = False) -> Iterator[Defined]:
    for node in _functions(cls):
        if node.name.startswith("test"):
            yield Defined(cls=cls.name, method=node.name, line=node.lineno, nested=nested)


def _functions(cls: ast.ClassDef) -> list[_Function]:
    return [node for node in cls.body if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))]


def _shadowed(tree: ast.Module, cases: Collection[ast.ClassDef]) -> Iterator[Defined]:
    """Only what is certain: the same name twice in one body, without a condition, and nothing made of the first."""
    for cls in _replaced([node for node in tree.body if isinstance(node, ast.ClassDef)]):
        if cls in cases:
            yield from _methods(cls)
    for cls in cases:
        for function in _replaced(_functions(cls)):
            if function.name.startswith("test"):
                yield Defined(cls=cls.name, method=function.name, line=function.lineno)


def _replaced(nodes: list[_Named]) -> Iterator[_Named]:
    last = {node.name: node for node in nodes}
    for node in nodes:
        heir = last[node.name]
        if heir is not node and not _uses(heir, node.name) and not _is_renamed(node, heir):
            yield node


def _is_renamed(node: _Named, heir: _Named) -> bool:
    """Whether a decorator may have put it under other names, as ``@parameterized.expand([...])`` does.

    The same decorators make the same names of the later definition.
    """
    calls = [decorator.func for decorator in node.decorator_list if isinstance(decorator, ast.Call)]
    if all(any(name in _KEEPS_NAME or name.startswith("skip") for name in _dotted(call)) for call in calls):
        return False
    return [*map(ast.dump, node.decorator_list)] != [*map(ast.dump, heir.decorator_list)]


def _dotted(name: ast.expr) -> Iterator[str]:
    """The parts of ``patch.object``; none for any other expression."""
    while isinstance(name, ast.Attribute):
        yield name.attr
        name = name.value
    if isinstance(name, ast.Name):
        yield name.id


def _uses(heir: ast.AST, name: str) -> bool:
    """Whether the later definition is built on the earlier one: as its base, or in a decorator."""
    heads = [*getattr(heir, "bases", ()), *getattr(heir, "decorator_list", ())]
    return any(isinstance(node, ast.Name) and node.id == name for head in heads for node in ast.walk(head))
