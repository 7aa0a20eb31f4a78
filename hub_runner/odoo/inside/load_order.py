"""Loads modules in the order of a fresh database, also when some of them are installed already (a prepared database).

On a fresh database Odoo goes by depth and then by name: each module is installed, and its `at_install` tests run, before
deeper modules are there. On a database that holds modules it loads all of those first. A test that needs a module which
its manifest does not name would then pass on a prepared database and fail on a fresh one.

All that is changed in Odoo's loader stands in this file. ``unknown`` says why a loader cannot be changed; ``LoadOrder``
compares what was loaded with what a fresh database would load, and says so when they differ: such a run counts for
nothing, and a cold one takes its place.
"""

from __future__ import annotations

import functools
import inspect
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from types import CodeType, ModuleType

from hub_runner.odoo.inside import module_list
from hub_runner.odoo.inside.boot import series
from hub_runner.odoo.inside.record_file import EventFile
from hub_runner.odoo.inside.shared_views import endangered
from hub_runner.odoo.inside.types_of_odoo import OdooObject

IDS = "odoo.addons.base.models.ir_model"
MENUS = "odoo.addons.base.models.ir_ui_menu"
MARKER = ".hub-runner"  # lies beside the modules that the run copied in: Odoo sees only folders with a manifest


def unknown() -> str:
    """Why this Odoo's order of loading cannot be changed; empty if it can. Imports Odoo, and loads no module."""
    try:
        if _is_recent():
            return _unknown_graph(import_module("odoo.modules.module_graph"))
        return _unknown_loading(import_module("odoo.modules.loading"))
    except Exception as error:  # noqa: BLE001 - whatever it is, a loader that cannot be looked at is not known
        return f"its loader cannot be looked at ({error!r})"


def _is_recent() -> bool:
    """From 19.0 on the graph decides the order; before, the loader asks for installed modules first."""
    return series() >= (18, 1)


def _unknown_graph(module_graph: ModuleType) -> str:
    node, graph = module_graph.ModuleNode, module_graph.ModuleGraph
    if not isinstance(vars(node).get("phase"), functools.cached_property):
        return "ModuleNode.phase is no cached property"
    if not {"phase", "depth", "order_name"} <= _names(graph.__iter__.__code__):
        return "ModuleGraph does not sort by phase, depth and name"
    return ""


def _unknown_loading(loading: ModuleType) -> str:
    parameters = list(inspect.signature(loading.load_marked_modules).parameters)
    if parameters[1:3] != ["graph", "states"]:
        return f"load_marked_modules takes {', '.join(parameters)}"
    graph = import_module("odoo.modules.graph").Graph
    if "depth" not in _names(graph.__iter__.__code__):
        return "Graph does not sort by depth"
    if list(inspect.signature(loading.load_module_graph).parameters)[1:2] != ["graph"]:
        return "load_module_graph takes no graph"
    return ""


def _names(code: CodeType) -> set[str]:
    """The names that a function uses, in functions inside of it, too."""
    inner = [constant for constant in code.co_consts if isinstance(constant, CodeType)]
    return set(code.co_names).union(*(_names(it) for it in inner))


class LoadOrder:
    """What is loaded, and what is installed but has not been loaded yet."""

    def __init__(
        self,
        events: EventFile,
        targets: tuple[str, ...],
        *,
        prepared: bool,
        listed: bool = False,
        late: Sequence[str] = (),
    ) -> None:
        self.events = events
        self.targets = targets
        self.prepared = prepared  # whether the database was prepared: only then the order is changed
        self.listed = prepared or listed  # whether all modules but the copied ones are in the database's list
        self.late = late  # a hook of another module had them installed: a fresh database does so when all others are there
        self.registry: OdooObject = None
        self.loaded: list[str] = []
        self.expected: list[str] = []
        self.after: set[str] = set()  # modules that a fresh database loads after the tested one
        self.pending: set[str] = set()  # installed already, and not to be seen before their turn comes
        self.new: list[str] = []  # installed by this process
        self.later: list[str] = []  # of the prepared database, loaded after the first new one

    def install(self) -> None:
        """Raises when this Odoo's loader is not known."""
        if self.prepared and (why := unknown()):
            raise RuntimeError(f"The order of loading cannot be changed in this Odoo: {why}.")
        loading = import_module("odoo.modules.loading")
        if self.prepared:
            if _is_recent():
                _load_in_one_phase(import_module("odoo.modules.module_graph").ModuleNode)
            else:
                _load_at_once(loading)
        if self.listed:
            module_list.shorten_with_base(MARKER)
        self._watch(loading)

    def _watch(self, loading: OdooObject) -> None:
        load, load_graph = loading.load_openerp_module, loading.load_module_graph

        @functools.wraps(load)
        def load_openerp_module(name: str, *args: object, **kwargs: object) -> object:
            self.pending.discard(name)
            if name not in self.loaded:
                self.loaded.append(name)
            return load(name, *args, **kwargs)

        @functools.wraps(load_graph)
        def load_module_graph(env: OdooObject, graph: OdooObject, *args: object, **kwargs: object) -> object:
            if len(self.targets) > 1:
                put_last(self.targets[0], list(graph))
            for late in self.late:
                put_last(late, list(graph))
            self._begin(getattr(env, "registry", None), list(graph))
            return load_graph(env, graph, *args, **kwargs)

        loading.load_openerp_module, loading.load_module_graph = load_openerp_module, load_module_graph

    def _begin(self, registry: OdooObject, packages: list[OdooObject]) -> None:
        """Odoo calls this for `base` alone, then for all modules, and again when a module asked for more of them."""
        self.registry = registry or self.registry
        waiting = [package for package in packages if package.name not in self.loaded]
        names = [package.name for package in waiting]
        self.expected = self.loaded + names
        new = [package.name for package in waiting if package.state == "to install"]
        if not set(self.targets) & set(names):
            return
        self.after = set(names[max(names.index(name) for name in self.targets if name in names) + 1 :])
        first = names.index(new[0]) if new else len(names)
        later = [package.name for package in waiting[first:] if package.state != "to install"]
        self.new, self.later = new, later if self.prepared else []
        self.events.write("order", new=new, later=self.later, after=sorted(self.after))
        if self.prepared:
            self.pending = set(later)
            _hide(sys.modules[IDS].IrModelData, lambda: self.pending)
            _hide_menus(sys.modules[MENUS].IrUiMenu, lambda: self.pending)

    def tell_of_views(self) -> None:
        """Once all modules are loaded: which views a fresh database may not have been able to make."""
        views = endangered(self.registry, self.new, self.later)
        if views:
            self.events.write("endangered_views", views=views)

    def wrong(self) -> str:
        """What is different from the order of a fresh database; empty if nothing is.

        A module that cannot be installed ends the loading early: what was loaded by then may be in the right order.
        """
        pairs = zip(self.loaded, self.expected)  # noqa: B905 - `strict` came after Python 3.8
        different = next((pair for pair in pairs if pair[0] != pair[1]), None)
        if not self.prepared or not different:
            return ""
        return f"{different[0]} was loaded where a fresh database loads {different[1]}"


def put_last(name: str, packages: list[OdooObject]) -> None:
    """Lets the module ``name`` be loaded after all others but those that need it.

    If modules are installed along with the tested one, which comes first among the targets, its tests are to meet them: also
    those that run as soon as it is installed, and also if its name comes first in the alphabet. Odoo sorts by depth.
    """
    tested = [package for package in packages if package.name == name]
    moved = {name}
    while more := {package.name for package in packages if moved & set(_depends(package))} - moved:
        moved |= more
    others = [package.depth for package in packages if package.name not in moved]
    shift = max(others, default=0) + 1 - tested[0].depth if tested else 0
    if shift > 0:
        depths = [(package.depth + shift, package) for package in packages if package.name in moved]
        for depth, package in sorted(depths, key=lambda pair: pair[0]):  # before 19.0 a depth is passed on to children
            package.depth = depth


def _depends(package: OdooObject) -> list[str]:
    return list((package.manifest if hasattr(package, "manifest") else package.info)["depends"])


def _load_in_one_phase(node: OdooObject) -> None:
    """As on a fresh database, where all modules but base are still to be installed: depth and name alone decide."""
    phase = functools.cached_property(lambda self: 0 if self.name == "base" else 1)
    phase.__set_name__(node, "phase")
    node.phase = phase


def _load_at_once(loading: OdooObject) -> None:
    """Odoo loads installed modules in one go and installs new ones in another: here both go into one graph."""
    load_marked = loading.load_marked_modules

    @functools.wraps(load_marked)
    def load_marked_modules(
        env: OdooObject, graph: OdooObject, states: OdooObject, *args: object, **kwargs: object
    ) -> object:
        wanted = [*states, "to install"] if "installed" in states else states
        return load_marked(env, graph, wanted, *args, **kwargs)

    loading.load_marked_modules = load_marked_modules


def _hide(cls: OdooObject, pending: Callable[[], set[str]]) -> None:
    """The external ids of modules whose turn has not come are not found, as they would not be on a fresh database."""
    lookup = cls._xmlid_lookup
    if hasattr(lookup, "shows_all"):
        return

    @functools.wraps(lookup)
    def _xmlid_lookup(self: OdooObject, xmlid: str, *args: object, **kwargs: object) -> object:
        if xmlid.partition(".")[0] in pending():
            raise ValueError(f"External ID not found in the system: {xmlid}")
        return lookup(self, xmlid, *args, **kwargs)

    _xmlid_lookup.shows_all = lookup  # type: ignore[attr-defined]
    cls._xmlid_lookup = _xmlid_lookup


def _hide_menus(cls: OdooObject, pending: Callable[[], set[str]]) -> None:
    """The same for their menus: whoever asks for the menus of a user meets models that are not there yet, which is an error.

    Each search of menus does so, for only those whose model the user may read are visible.
    """
    if "_search" in vars(cls):
        return

    def _search(self: OdooObject, domain: OdooObject, *args: object, **kwargs: object) -> object:
        if modules := pending():
            of_modules = "SELECT res_id FROM ir_model_data WHERE model = 'ir.ui.menu' AND module IN %s"
            self.env.cr.execute(of_modules, [tuple(modules)])
            domain = [*domain, ("id", "not in", [menu for (menu,) in self.env.cr.fetchall()])]
        return super(cls, self)._search(domain, *args, **kwargs)

    cls._search = _search
