from __future__ import annotations

import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.checkout.lint.written import found, shown, written

MODEL = "from odoo import models\n\n\nclass Rock(models.Model):\n    _name = 'probe.rock'\n"
TEST = "from odoo.tests import TransactionCase\n\n\nclass TestRock(TransactionCase):\n    def test_one(self): ...\n"


def test_a_module_without_mistakes_has_no_findings() -> None:
    text = written(
        {
            "__init__.py": "from . import models, controllers",
            "models/__init__.py": "from . import rock",
            "models/rock.py": MODEL,
            "controllers.py": "from odoo import http\nclass C(http.Controller):\n    @http.route('/')\n    def x(self): ...",
            "tests/__init__.py": "from . import test_rock",
            "tests/test_rock.py": TEST,
            "data/rock.xml": "<odoo/>",
        },
        manifest="{'name': 'Probe', 'data': ['data/rock.xml']}",
    )
    assert shown(text) == []


def test_python_that_does_not_compile_is_named_with_its_line_and_stops_the_installation() -> None:
    """U5."""
    text = written({"__init__.py": "from . import rock", "rock.py": "def f(self):\n    x = (1,\n"})
    assert shown(text) == ["!rock.py:2: this is no Python: '(' was never closed"]


@pytest.mark.parametrize("broken", ["return 1\n", "def f(a, a): ...\n", "x = 1\0"])
def test_what_only_the_compiler_sees_is_named_too(broken: str) -> None:
    assert [finding.stops for finding in found(written({"__init__.py": broken}))] == [True]


def test_a_broken_file_that_nothing_imports_does_not_stop_the_installation() -> None:
    text = written({"migrations/19.0.1.0/post-x.py": "def ("})
    (finding,) = found(text)
    assert not finding.stops


@pytest.mark.parametrize(
    "importer",
    [
        "try:\n    from . import rock\nexcept Exception:\n    pass",
        "if x:\n    from . import rock",
        "def f():\n    from . import rock",
    ],
)
def test_a_broken_file_that_is_only_imported_under_a_condition_is_not_certain_to_stop_it(importer: str) -> None:
    assert [finding.stops for finding in found(written({"__init__.py": importer, "rock.py": "def ("}))] == [False]


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="this Python knows the syntax")
@pytest.mark.parametrize(
    "newer", ["type X = int\n", "def f[T](x: T): ...\n", "class A[T]: ...\n", 'x = f"{a[\'b\']}{a["c"]}"\n']
)
def test_syntax_that_a_newer_python_may_know_is_not_judged(newer: str) -> None:
    """The image's Python may be newer than the one that the checks run on."""
    assert shown(written({"__init__.py": newer})) == []


def test_a_file_that_is_nested_too_deeply_for_this_python_is_not_judged() -> None:
    """B4."""
    assert shown(written({"__init__.py": "x = " + "-" * 100_000 + "1"})) == []


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"__init__.py": "from . import modles", "models/__init__.py": ""}, "!__init__.py:1: imports modles, and there is"),
        (
            {"__init__.py": "import os\nfrom .wizard import x"},
            "!__init__.py:2: imports wizard, and there is neither wizard.py",
        ),
        (
            {"__init__.py": "from . import models", "models/__init__.py": "from . import rock, roc", "models/rock.py": ""},
            "!models/__init__.py:1: imports models.roc, and there is neither models/roc.py nor models/roc/; ",
        ),
        ({"tests/__init__.py": "from . import test_gone"}, "!tests/__init__.py:1: imports tests.test_gone, and"),
        ({"__init__.py": "from odoo.addons.probe import gone"}, "!__init__.py:1: imports gone, and"),
    ],
)
def test_an_import_of_a_file_that_is_not_there_stops_the_installation(files: dict[str, str], expected: str) -> None:
    (line,) = shown(written(files))
    assert line.startswith(expected)


@pytest.mark.parametrize(
    "files",
    [
        {"__init__.py": "def hook(env): ...\n", "models.py": "from . import hook"},
        {
            "__init__.py": "from .hooks import hook\nfrom . import models",
            "hooks.py": "hook = 1",
            "models.py": "from . import hook",
        },
        {"__init__.py": "from .hooks import *\nfrom . import models", "hooks.py": "", "models.py": "from . import anything"},
        {"__init__.py": "def __getattr__(name): ...\nfrom . import models", "models.py": "from . import anything"},
        {"__init__.py": "try:\n    from . import gone\nexcept ImportError:\n    pass"},
        {"__init__.py": "if x:\n    from . import gone"},
        {"__init__.py": "from ..other import x\nfrom odoo.addons.other import y\nimport odoo.addons.other.z"},
        {"__init__.py": "from . import library", "library.cpython-312-x86_64-linux-gnu.so": ""},
        {"__init__.py": "from . import folder", "folder/data.txt": ""},
        {"__init__.py": "from .a.b import c", "a/b/c.py": ""},
        {
            "__init__.py": "for name in x:\n    globals()[name] = 1\nfrom . import models",
            "models.py": "from . import anything",
        },
    ],
)
def test_an_import_that_may_well_succeed_is_not_judged(files: dict[str, str]) -> None:
    assert shown(written(files)) == []


def test_models_that_are_not_imported_are_named_once_for_their_package() -> None:
    """U6."""
    text = written({"models/__init__.py": "from . import rock", "models/rock.py": MODEL, "models/pebble.py": MODEL})
    (line,) = shown(text)
    assert line.startswith("models/pebble.py:1: models/ (2 files with models) is not imported in __init__.py")


def test_a_single_file_that_is_not_imported_is_named_with_the_init_that_should() -> None:
    text = written({"__init__.py": "from . import models", "models/__init__.py": "", "models/rock.py": MODEL})
    (line,) = shown(text)
    assert line.startswith("models/rock.py:1: models/rock.py is not imported in models/__init__.py")


@pytest.mark.parametrize("path", ["tests/common.py", "migrations/19.0.1.0/post-x.py", "static/x.py", "scripts/x.py"])
def test_files_that_odoo_does_not_import_with_a_module_need_no_import(path: str) -> None:
    assert shown(written({path: MODEL})) == []


def test_a_module_that_imports_by_a_program_of_its_own_is_not_judged() -> None:
    assert shown(written({"__init__.py": "import importlib\n", "drivers/rock.py": MODEL})) == []


def test_a_test_file_that_is_not_imported_is_named() -> None:
    text = written({"tests/__init__.py": "", "tests/test_rock.py": TEST})
    (finding,) = found(text)
    assert finding.in_tests
    assert finding.message == "test_rock.py is not imported in tests/__init__.py, so none of its tests can run"


def test_a_test_method_that_stands_twice_is_named() -> None:
    text = written(
        {"tests/__init__.py": "from . import test_rock", "tests/test_rock.py": TEST + "    def test_one(self): ...\n"}
    )
    assert shown(text) == [
        "tests/test_rock.py:5: TestRock.test_one never runs: a later definition of the same name takes its place"
    ]


def test_a_test_file_that_does_not_compile_stops_the_import_of_the_tests() -> None:
    text = written({"tests/__init__.py": "from . import test_rock", "tests/test_rock.py": "class ("})
    assert [finding.stops for finding in found(text)] == [True]


@given(
    st.dictionaries(st.sampled_from(["__init__.py", "tests/__init__.py", "tests/test_a.py", "a.xml", "a.csv"]), st.binary())
)
def test_whatever_is_in_the_files_the_checks_come_to_an_end(files: dict[str, bytes]) -> None:
    manifest = "{'name': 'Probe', 'data': ['a.xml', 'security/ir.model.access.csv', 'a.csv']}"
    for finding in found(written({**files, "security/ir.model.access.csv": files.get("a.csv", b"")}, manifest=manifest)):
        assert finding.line >= 1


@given(st.text(alphabet="from import.a,*\n()\\"))
def test_whatever_an_import_looks_like_the_checks_come_to_an_end(text: str) -> None:
    found(written({"__init__.py": text, "a/__init__.py": text}))


def test_a_file_that_is_imported_as_if_it_lay_outside_is_named_at_that_import() -> None:
    rock = "from odoo import models\nclass Rock(models.Model):\n    _name = 'probe.rock'\n"
    files = {"__init__.py": "from . import models\n", "models/__init__.py": "\nimport rock\n", "models/rock.py": rock}
    (line,) = shown(written(files))
    assert line == "models/__init__.py:2: `import rock` looks for it outside of the module: write `from . import rock`"
