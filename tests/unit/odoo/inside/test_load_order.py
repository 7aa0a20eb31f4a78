"""The order of loading, with a package in Odoo's place that has just the parts that are changed in it.

Both loaders are the bare bones of Odoo's: what is installed first, or a graph that sorts by phase, depth and name.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[4]
COMMON = {
    "__init__.py": "",
    "sql_db.py": "",
    "modules/__init__.py": "",
    "addons/__init__.py": "",
    "addons/base/__init__.py": "",
    "addons/base/models/__init__.py": "",
    "addons/base/models/ir_model.py": (
        "class IrModelData:\n    def _xmlid_lookup(self, xmlid):\n        return 'res.partner', len(xmlid)\n"
    ),
    "addons/base/models/ir_ui_menu.py": """
class BaseModel:
    def _search(self, domain, limit=None):
        return [domain, limit]

class IrUiMenu(BaseModel):
    pass
""",
}
# web stands before its turn in a database that holds it: at depth 1, after `mine` by name.
STATES = {"base": ("installed", 0), "mine": ("to install", 1), "web": ("installed", 1), "bus": ("installed", 2)}
OLD = {
    "release.py": "version_info = (18, 0, 0, 'final', 0, '')\n",
    "modules/graph.py": """
class Node:
    def __init__(self, name, state, depth):
        self.name, self.state, self.depth, self.info = name, state, depth, {"depends": ["base"]}

class Graph(dict):
    def __iter__(self):
        return iter(sorted(self.values(), key=lambda node: (node.depth, node.name)))
""",
    "modules/loading.py": """
from odoo.modules.graph import Graph, Node

LOADED = []

def load_openerp_module(name):
    LOADED.append(name)

def load_module_graph(env, graph, skip=()):
    for node in graph:
        if node.name not in LOADED:
            load_openerp_module(node.name)
            env.tested(node.name)

def load_marked_modules(env, graph, states):
    for name, (state, depth) in env.states.items():
        if state in states and name not in graph:
            graph[name] = Node(name, state, depth)
    load_module_graph(env, graph)

def load_modules(env):
    graph = Graph(base=Node("base", "installed", 0))
    load_module_graph(env, graph)
    load_marked_modules(env, graph, ["installed", "to upgrade", "to remove"])
    load_marked_modules(env, graph, ["to install"])
""",
}
NEW = {
    "release.py": "version_info = (19, 0, 0, 'final', 0, '')\n",
    "modules/module_graph.py": """
import functools

class ModuleNode:
    def __init__(self, name, state, depth):
        self.name, self.state, self.depth, self.order_name, self.manifest = name, state, depth, name, {"depends": ["base"]}

    @functools.cached_property
    def phase(self):
        return 0 if self.name == "base" else 1 if self.state == "installed" else 2

class ModuleGraph:
    def __init__(self):
        self.nodes = []

    def __iter__(self):
        return iter(sorted(self.nodes, key=lambda p: (p.phase, p.depth, p.order_name)))
""",
    "modules/loading.py": """
from odoo.modules.module_graph import ModuleGraph, ModuleNode

LOADED = []

def load_openerp_module(name):
    LOADED.append(name)

def load_module_graph(env, graph):
    for node in graph:
        if node.name not in LOADED:
            load_openerp_module(node.name)
            env.tested(node.name)

def load_modules(env):
    graph = ModuleGraph()
    graph.nodes.append(ModuleNode("base", "installed", 0))
    load_module_graph(env, graph)
    graph.nodes += [ModuleNode(name, *it) for name, it in env.states.items() if name != "base"]
    load_module_graph(env, graph)
""",
}
PROGRAM = """
import json, sys
from hub_runner.odoo.inside.record_file import EventFile
from hub_runner.odoo.inside.load_order import LoadOrder, unknown

prepared, states, late = json.loads(sys.argv[1])
order = LoadOrder(EventFile("record"), ("mine",), prepared=prepared, late=late)
order.install()
import odoo.modules.loading as loading
from odoo.addons.base.models.ir_model import IrModelData
from odoo.addons.base.models.ir_ui_menu import IrUiMenu

class Cursor:
    def execute(self, query, parameters):
        self.modules = parameters[0]

    def fetchall(self):
        return [(name,) for name in sorted(self.modules)]

class Env:
    registry, found, menus, cr = None, {}, {}, Cursor()

    def tested(self, name):
        for xmlid in ("base.x", "web.x", "bus.x"):
            try:
                IrModelData()._xmlid_lookup(xmlid)
            except ValueError:
                self.found.setdefault(name, []).append(xmlid)
        menu = IrUiMenu()
        menu.env = self
        self.menus[name] = menu._search([["parent_id", "=", False]], limit=7)

env = Env()
env.states = states
loading.load_modules(env)
print(json.dumps({"loaded": loading.LOADED, "hidden": env.found, "menus": env.menus, "wrong": order.wrong(),
                  "after": sorted(order.after), "unknown": unknown()}))
"""


def loaded(
    folder: Path, parts: dict[str, str], *, prepared: bool, states: dict[str, Any] | None = None, late: tuple[str, ...] = ()
) -> dict[str, Any]:
    for path, text in {**COMMON, **parts}.items():
        file = folder / "odoo" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    done = subprocess.run(
        (sys.executable, "-c", PROGRAM, json.dumps([prepared, states or STATES, late])),
        cwd=folder,
        env={"PYTHONPATH": f"{folder}:{ROOT}", "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        return {"failed": done.stderr}
    record = (folder / "record").read_text(encoding="utf-8") if (folder / "record").exists() else ""
    answer: dict[str, Any] = json.loads(done.stdout)
    return {**answer, "events": [json.loads(line) for line in record.splitlines()]}


series = pytest.mark.parametrize("parts", [OLD, NEW], ids=["18.0", "19.0"])


@series
def test_without_a_change_what_is_installed_comes_first(tmp_path: Path, parts: dict[str, str]) -> None:
    assert loaded(tmp_path, parts, prepared=False)["loaded"] == ["base", "web", "bus", "mine"]


@series
def test_a_prepared_database_is_loaded_in_the_order_of_a_fresh_one(tmp_path: Path, parts: dict[str, str]) -> None:
    answer = loaded(tmp_path, parts, prepared=True)
    assert answer["loaded"] == ["base", "mine", "web", "bus"]
    assert (answer["wrong"], answer["unknown"]) == ("", "")
    (order,) = answer["events"]
    assert (order["new"], order["later"], order["after"]) == (["mine"], ["web", "bus"], ["bus", "web"])


@series
def test_what_a_hook_had_installed_is_loaded_after_all_others(tmp_path: Path, parts: dict[str, str]) -> None:
    states = {**STATES, "checks": ("installed", 1)}
    assert loaded(tmp_path / "a", parts, prepared=True, states=states)["loaded"] == ["base", "checks", "mine", "web", "bus"]
    answer = loaded(tmp_path / "b", parts, prepared=True, states=states, late=("checks",))
    assert answer["loaded"] == ["base", "mine", "web", "bus", "checks"]
    (order,) = answer["events"]
    assert order["later"] == ["web", "bus", "checks"]
    assert answer["wrong"] == ""


@series
def test_the_external_ids_of_a_module_are_found_when_its_turn_has_come(tmp_path: Path, parts: dict[str, str]) -> None:
    hidden = loaded(tmp_path, parts, prepared=True)["hidden"]
    assert hidden == {"mine": ["web.x", "bus.x"], "web": ["bus.x"]}


@series
def test_the_menus_of_a_module_are_found_when_its_turn_has_come(tmp_path: Path, parts: dict[str, str]) -> None:
    """A search of menus asked for the models of all, and Odoo logged "Missing model iap.account" in a test that passed."""
    asked, menus = ["parent_id", "=", False], loaded(tmp_path, parts, prepared=True)["menus"]
    assert menus["mine"] == [[asked, ["id", "not in", ["bus", "web"]]], 7]
    assert menus["web"] == [[asked, ["id", "not in", ["bus"]]], 7]
    assert menus["bus"] == [[asked], 7]


@series
def test_on_a_fresh_database_nothing_is_hidden(tmp_path: Path, parts: dict[str, str]) -> None:
    answer = loaded(tmp_path, parts, prepared=False)
    assert answer["hidden"] == {}
    assert all(domain == [["parent_id", "=", False]] for domain, _ in answer["menus"].values())


@series
def test_if_all_that_is_installed_comes_before_nothing_is_later(tmp_path: Path, parts: dict[str, str]) -> None:
    states = {"base": ("installed", 0), "web": ("installed", 1), "mine": ("to install", 2)}
    answer = loaded(tmp_path, parts, prepared=True, states=states)
    assert answer["events"][0]["later"] == []
    assert answer["hidden"] == {}


UNKNOWN = {
    "another property": (NEW, "modules/module_graph.py", "@functools.cached_property", "@property"),
    "another order": (NEW, "modules/module_graph.py", "p.phase, p.depth, p.order_name", "p.depth, p.order_name"),
    "another loader": (OLD, "modules/loading.py", "(env, graph, states)", "(env, states, graph)"),
    "no graph": (OLD, "modules/graph.py", "class Graph", "class Tree"),
    "no loader": (OLD, "modules/loading.py", "load_marked_modules", "load_some_modules"),
}  # fmt: skip


@pytest.mark.parametrize("case", UNKNOWN)
def test_a_loader_that_is_not_known_is_never_changed(tmp_path: Path, case: str) -> None:
    parts, path, old, new = UNKNOWN[case]
    answer = loaded(tmp_path, {**parts, path: parts[path].replace(old, new)}, prepared=True)
    assert "The order of loading cannot be changed in this Odoo" in answer["failed"]


def test_an_order_that_comes_out_wrong_is_seen(tmp_path: Path) -> None:
    """As when a later Odoo sorts by something else beside phase, depth and name."""
    loader = NEW["modules/loading.py"].replace("for node in graph:", "for node in reversed(list(graph)):")
    answer = loaded(tmp_path, {**NEW, "modules/loading.py": loader}, prepared=True)
    assert answer["wrong"] == "bus was loaded where a fresh database loads mine"


def test_a_loading_that_ends_early_is_in_the_right_order(tmp_path: Path) -> None:
    """A module that cannot be installed fails in the same way on a fresh database: it needs no second opinion."""
    loader = NEW["modules/loading.py"].replace("for node in graph:", "for node in list(graph)[:2]:")
    answer = loaded(tmp_path, {**NEW, "modules/loading.py": loader}, prepared=True)
    assert answer["wrong"] == ""
