"""Only the tested modules are looked at when Odoo refreshes its list, in packages that have just those parts of Odoo."""

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
    "addons/__init__.py": "import os\n__path__ = [*__path__, os.environ['COPIED']]\n",
    "addons/base/__init__.py": "",
    "addons/base/__manifest__.py": "{}",
    "addons/web/__manifest__.py": "{}",
    "addons/base/models/__init__.py": "",
}
WRAPPED = """
import functools

def logged(method):
    @functools.wraps(method)
    def check_and_log(self, *args, **kwargs):
        return method(self, *args, **kwargs)
    return check_and_log
"""
MODEL = f"""
from odoo import modules
{WRAPPED}
class CLASS:
    _name = "ir.module.module"

    @logged
    def update_list(self):
        return RETURNED
"""
OLD = {
    "modules/__init__.py": "def get_modules():\n    return ['base', 'mine', 'web']\n",
    "addons/base/models/ir_module.py": MODEL.replace("CLASS", "Module").replace("RETURNED", "list(modules.get_modules())"),
}
NEW = {
    "modules/__init__.py": """
class Manifest:
    def __init__(self, name):
        self.name = name

    @staticmethod
    def for_addon(name, display_warning=True):
        return Manifest(name)

    @staticmethod
    def all_addon_manifests():
        return [Manifest(name) for name in ("base", "mine", "web")]
""",
    "addons/base/models/ir_module.py": MODEL.replace("CLASS", "IrModuleModule").replace(
        "RETURNED", "[manifest.name for manifest in modules.Manifest.all_addon_manifests()]"
    ),
}
OTHER = {
    "modules/__init__.py": "",
    "addons/base/models/ir_module.py": MODEL.replace("CLASS", "Module").replace("RETURNED", "['base', 'mine', 'web']"),
}
PROGRAM = """
import json, sys
from types import SimpleNamespace
from odoo.addons.base.models import ir_module
from hub_runner.odoo.inside import module_list

listed = [(name,) for name in json.loads(sys.argv[1])]
(Module,) = [item for item in vars(ir_module).values() if getattr(item, "_name", "") == "ir.module.module"]
records = Module()
records.env = SimpleNamespace(cr=SimpleNamespace(execute=lambda query: None, fetchall=lambda: listed))
module_list.shorten(".marker")
print(json.dumps([records.update_list(), records.update_list()]))
"""


def looked_at(
    folder: Path, parts: dict[str, str], listed: list[str], *, marked: bool = True, program: str = PROGRAM
) -> list[Any]:
    for path, text in {**COMMON, **parts}.items():
        file = folder / "odoo" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    copied = folder / "copied"
    (copied / "mine").mkdir(parents=True)
    (copied / "mine" / "__manifest__.py").write_text("{}")
    if marked:
        (copied / ".marker").touch()
    done = subprocess.run(
        (sys.executable, "-c", program, json.dumps(listed)),
        env={"PYTHONPATH": f"{folder}:{ROOT}", "COPIED": str(copied)},
        capture_output=True,
        text=True,
        check=True,
    )
    answer: list[Any] = json.loads(done.stdout)
    return answer


series = pytest.mark.parametrize("parts", [OLD, NEW], ids=["18.0", "19.0"])


@series
def test_only_the_modules_that_the_run_copied_in_are_looked_at(tmp_path: Path, parts: dict[str, str]) -> None:
    assert looked_at(tmp_path, parts, ["base", "web"]) == [["mine"], ["mine"]]


@series
def test_a_module_of_the_image_that_the_database_does_not_list_has_all_looked_at(
    tmp_path: Path, parts: dict[str, str]
) -> None:
    assert looked_at(tmp_path, parts, ["base"])[0] == ["base", "mine", "web"]


@series
def test_without_the_marker_a_new_module_has_all_looked_at(tmp_path: Path, parts: dict[str, str]) -> None:
    assert looked_at(tmp_path, parts, ["base", "web"], marked=False)[0] == ["base", "mine", "web"]


def test_an_odoo_that_refreshes_in_another_way_is_left_alone(tmp_path: Path) -> None:
    assert looked_at(tmp_path, OTHER, ["base", "web"])[0] == ["base", "mine", "web"]


HTTP = """
import threading

second, readers = threading.Event(), []


class lazy_property:
    def __init__(self, fget):
        self.fget = fget

    def __get__(self, obj, cls):
        if obj is None:
            return self
        value = self.fget(obj)
        setattr(obj, self.fget.__name__, value)
        return value


class Application:
    @lazy_property
    def statics(self):
        readers.append(threading.current_thread())
        if len(readers) > 1:
            second.set()
        second.wait(0.3)
        return {"web": "/web/static"}
"""
TWO_REQUESTS = """
import threading
from odoo import http
from odoo.addons.base.models import ir_module
from hub_runner.odoo.inside import module_list

module_list.shorten(".marker")
root, found = http.Application(), []
threads = [threading.Thread(target=lambda: found.append(root.statics)) for _ in range(2)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(json.dumps([len(http.readers), found]))
"""


def test_two_requests_at_once_do_not_both_read_the_manifests_of_all_modules(tmp_path: Path) -> None:
    """Python 3.11.2 of Debian 12 answered the second one with a SystemError, and a browser test failed."""
    parts = {**OLD, "http.py": HTTP}
    assert looked_at(tmp_path, parts, [], program=f"import json{TWO_REQUESTS}") == [1, [{"web": "/web/static"}] * 2]
