"""Lets Odoo look at the tested modules alone when it refreshes its list of modules: a prepared database has the rest.

Odoo compares the manifests of some 630 modules with its table each time it installs one, which takes 1 to 2 s. A prepared
database was made by the same image with the same mounts, so only the modules that the run copied in can be new; and none
is if a bigger database is made from a smaller one.
"""

from __future__ import annotations

import functools
import inspect
import sys
import threading
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path

from hub_runner.odoo.inside.types_of_odoo import OdooObject

MODELS = "odoo.addons.base.models.ir_module"
MANIFEST = "__manifest__.py"


def shorten_with_base(marker: str) -> None:
    """Shortens the refreshing as soon as Odoo has imported `base`; see ``shorten``."""
    loading: OdooObject = import_module("odoo.modules.loading")
    load = loading.load_openerp_module

    @functools.wraps(load)
    def load_openerp_module(name: str, *args: object, **kwargs: object) -> object:
        loaded = load(name, *args, **kwargs)
        if name == "base":
            shorten(marker)
        return loaded

    loading.load_openerp_module = load_openerp_module


def shorten(marker: str) -> None:
    """Called when `base` was imported. ``marker`` is the file that lies beside the modules that the run copied in.

    Changes nothing in an Odoo whose refreshing is not known.
    """
    classes = [item for item in getattr(sys.modules.get(MODELS), "__dict__", {}).values() if _is_list(item)]
    refresh = classes[0].update_list if len(classes) == 1 else None
    lister = _lister(refresh)
    if lister is None:
        return
    owner, name = lister

    @functools.wraps(refresh)  # type: ignore[arg-type]
    def update_list(self: OdooObject, *args: object, **kwargs: object) -> object:
        copied, others = _on_path(marker)
        if others - _listed(self):
            return refresh(self, *args, **kwargs)  # type: ignore[misc]
        original = vars(owner)[name]
        setattr(owner, name, _restricted(owner, name, sorted(copied)))
        try:
            return refresh(self, *args, **kwargs)  # type: ignore[misc]
        finally:
            setattr(owner, name, original)

    classes[0].update_list = update_list
    _read_by_one_thread()


def _read_by_one_thread() -> None:
    """Lets one thread of Odoo's HTTP server read the manifests of all modules, while the others wait for it.

    Refreshing the whole list would have read them by now. Up to 18.0 each of the first requests reads them otherwise, and
    Python before 3.11.5 fails now and then if two threads do so at once ("AST constructor recursion depth mismatch").
    """
    application = getattr(sys.modules.get("odoo.http"), "Application", None)
    statics: OdooObject = getattr(application, "__dict__", {}).get("statics")
    read = getattr(statics, "fget", None)
    if not callable(read):
        return
    lock = threading.Lock()

    @functools.wraps(read)
    def read_once(self: OdooObject) -> object:
        with lock:
            known: OdooObject = self.__dict__
            if "statics" not in known:
                known["statics"] = read(self)
            return known["statics"]

    statics.fget = read_once


def _is_list(item: OdooObject) -> bool:
    """Whether it is the class of the model, whose name differs from series to series."""
    return isinstance(item, type) and getattr(item, "_name", None) == "ir.module.module" and "update_list" in vars(item)


def _lister(refresh: OdooObject) -> tuple[OdooObject, str] | None:
    """Where ``update_list`` gets the modules from: an object and the name of its function; None if that is not known."""
    if not callable(refresh):
        return None
    names = getattr(getattr(inspect.unwrap(refresh), "__code__", None), "co_names", ())  # Odoo wraps it to log who calls
    modules = import_module("odoo.modules")
    if "all_addon_manifests" in names and hasattr(getattr(modules, "Manifest", None), "for_addon"):
        return modules.Manifest, "all_addon_manifests"
    if "get_modules" in names and hasattr(modules, "get_modules"):
        return modules, "get_modules"
    return None


def _restricted(owner: OdooObject, name: str, copied: list[str]) -> Callable[[], list[OdooObject]]:
    if name == "get_modules":
        return lambda: list(copied)
    manifests = (owner.for_addon(module, display_warning=False) for module in copied)
    found = [manifest for manifest in manifests if manifest is not None]
    return staticmethod(lambda: found)


def _on_path(marker: str) -> tuple[set[str], set[str]]:
    """The names of the modules that the run copied in, and of all others on Odoo's addons path."""
    copied: set[str] = set()
    others: set[str] = set()
    for folder in map(Path, import_module("odoo.addons").__path__):
        (copied if (folder / marker).is_file() else others).update(_modules_in(folder))
    return copied, others - copied


def _modules_in(folder: Path) -> Iterator[str]:
    try:
        yield from (entry.name for entry in folder.iterdir() if (entry / MANIFEST).is_file())
    except OSError:
        return


def _listed(records: OdooObject) -> set[str]:
    """The modules that the database has in its list."""
    records.env.cr.execute("SELECT name FROM ir_module_module")
    return {name for (name,) in records.env.cr.fetchall()}
