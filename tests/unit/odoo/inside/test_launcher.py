"""The launcher as a real process, with a package in Odoo's place that has just the parts it hooks into."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from hub_runner.odoo import command as odoo_command
from hub_runner.odoo import inside
from hub_runner.odoo.inside.launcher import HOOK_FAILED
from hub_runner.verdict.record import Record

PARTS = {
    "__init__.py": "",
    "release.py": "version = '18.0-test'\nversion_info = (18, 0, 0, 'final', 0, '')\n",
    "sql_db.py": "sql_counter = 0\n",
    "cli.py": (
        "import sys\nfrom odoo.service import server\n\ndef main():\n    print(*sys.argv)\n    sys.exit(server.start())\n"
    ),
    "service/__init__.py": "",
    "service/server.py": "def start():\n    return 0\n",
    "modules/__init__.py": "",
    "modules/loading.py": "def load_openerp_module(name):\n    pass\n\ndef load_module_graph(env, graph):\n    pass\n",
    "tests/__init__.py": "",
    "tests/case.py": "class TestCase:\n    def _callTestMethod(self, method): method()\n    def subTest(self): pass\n",
    "tests/suite.py": "class OdooSuite:\n    def _handleClassSetUp(self, test, result): pass\n",
    "tests/loader.py": (
        "class TagsSelector:\n    def check(self, test): return True\n\n"
        "def get_test_modules(module): return []\ndef make_suite(names, position): return []\ndef run_suite(suite): pass\n"
    ),
    "tests/result.py": (
        "class OdooTestResult:\n"
        + "".join(
            f"    def {name}(self, *args): pass\n"
            for name in ("startTest", "stopTest", "addSuccess", "addSkip", "addError", "addFailure", "logError")
        )
    ),
}

LOADING = """
class Package:
    state = "installed"
    def __init__(self, name): self.name = name

def load_openerp_module(name): pass
def load_module_graph(env, graph):
    for package in graph:
        load_openerp_module(package.name)
"""
INCONSISTENT = """
import logging
from odoo.modules import loading

def start():
    loading.load_module_graph(None, [loading.Package("traction"), loading.Package("web")])
    logging.getLogger("odoo.modules.loading").error("Some modules have inconsistent states")
    return 0
"""

# Like werkzeug's, its server says itself how long it waits for a request before it looks whether it is to end.
SERVING = """
import socketserver

class Selector(socketserver._ServerSelector):
    def select(self, timeout):
        print("waits", timeout)
        return super().select(timeout)

class Server(socketserver.TCPServer):
    def service_actions(self):
        self._BaseServer__shutdown_request = True

def start():
    socketserver._ServerSelector = Selector
    with Server(("127.0.0.1", 0), socketserver.BaseRequestHandler) as server:
        server.serve_forever(poll_interval=0.5)
    return 0
"""


def launch(tmp_path: Path, *without: str, **parts: str) -> tuple[int, Record, str]:
    """``parts`` replaces files by name: ``server`` is service/server.py."""
    command, environ = installed(tmp_path, *without, **parts)
    ended = subprocess.run(command, cwd=tmp_path, env=environ, stdin=subprocess.DEVNULL, capture_output=True, check=False)
    return ended.returncode, Record.parse((tmp_path / "record").read_bytes(), b""), ended.stdout.decode()


def installed(tmp_path: Path, *without: str, **parts: str) -> tuple[tuple[str, ...], dict[str, str]]:
    """The launcher's command and environment, with such a package beside it."""
    for path, text in PARTS.items():
        file = tmp_path / "odoo" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        if path not in without:
            file.write_text(parts.get(file.stem, text), encoding="utf-8")
    (tmp_path / "launcher.pyz").write_bytes(odoo_command.launcher())
    command = (sys.executable, "launcher.pyz", "record", "fresh", "-i", "traction", "--with-demo")
    return command, {"PYTHONPATH": str(tmp_path), "PATH": "", "HOST": "db", "PASSWORD": "secret"}


@pytest.mark.parametrize("path", sorted(Path(inside.__file__).parent.glob("*.py")), ids=lambda path: path.name)
def test_the_oldest_python_of_an_odoo_that_is_served_can_read_it(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    tree = ast.parse(text, feature_version=(3, 8))
    new = {"list", "dict", "tuple", "set", "frozenset", "type"} | {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module in ("collections.abc", "collections")
        for alias in node.names
    }
    assigned = [node.value for node in ast.walk(tree) if isinstance(node, ast.Assign)]  # annotations are never evaluated
    subscripts = [node for value in assigned for node in ast.walk(value) if isinstance(node, ast.Subscript)]
    evaluated = [ast.unparse(it) for it in subscripts if isinstance(it.value, ast.Name) and it.value.id in new]
    assert evaluated == [], "3.8 has no such type"
    assert " -> " not in text or "from __future__ import annotations" in text


def test_an_odoo_that_comes_to_its_end_is_recorded_with_its_code(tmp_path: Path) -> None:
    code, record, _ = launch(tmp_path, server="def start():\n    return 1\n")
    assert (code, record.ended, record.end_code, record.hooked) == (1, True, 1, True)
    assert record.odoo_version == "18.0-test"


def test_odoo_is_called_with_the_address_of_the_database_and_a_port_of_its_own(tmp_path: Path) -> None:
    _, _, printed = launch(tmp_path)
    words = printed.split()
    assert words[0] == "odoo"
    assert {"--db_host=db", "--db_password=secret", "--without-demo=", "-i", "traction"} <= set(words)
    assert any(word.startswith("--http-port=") and word != "--http-port=0" for word in words)


def test_odoo_is_imported_at_once_and_called_when_the_input_ends(tmp_path: Path) -> None:
    command, environ = installed(tmp_path, server="print('imported', flush=True)\ndef start():\n    return 0\n")
    with subprocess.Popen(
        command, cwd=tmp_path, env=environ, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        assert process.stdout.readline() == "imported\n"
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.3)
        assert process.communicate()[0].startswith("odoo ")
    assert process.returncode == 0


def test_that_tests_are_imported_without_being_run_is_no_error_of_the_module(tmp_path: Path) -> None:
    complaint = "Importing test framework, avoid importing from business modules"
    loader = f"import logging\nlogging.getLogger('odoo.tests.common').error({complaint!r})\n{PARTS['tests/loader.py']}"
    command, environ = installed(tmp_path, loader=loader)
    ended = subprocess.run(command, cwd=tmp_path, env=environ, stdin=subprocess.DEVNULL, capture_output=True, check=False)
    assert (ended.returncode, ended.stderr) == (0, b"")


def test_odoo_logs_without_colours(tmp_path: Path) -> None:
    """They stand in the midst of its lines, which ``verify`` reads."""
    command, environ = installed(
        tmp_path, server="import os\ndef start():\n    return len(os.environ.get('ODOO_PY_COLORS', ''))\n"
    )
    ended = subprocess.run(
        command, cwd=tmp_path, env={**environ, "ODOO_PY_COLORS": "1"}, stdin=subprocess.DEVNULL, check=False
    )
    assert ended.returncode == 0


def test_what_is_logged_when_all_modules_are_loaded_concerns_the_whole(tmp_path: Path) -> None:
    """On a prepared database the module that was loaded last is another one, which is only loaded, and not tested."""
    _, record, _ = launch(tmp_path, loading=LOADING, server=INCONSISTENT)
    assert record.loading == ("traction", "web")
    assert [log.loading for log in record.logs] == [None]


def test_a_server_looks_often_whether_it_is_to_end(tmp_path: Path) -> None:
    """The one of HTTP tests: Odoo ends no sooner."""
    code, record, printed = launch(tmp_path, server=SERVING)
    assert (code, record.ended) == (0, True)
    assert [float(it) for it in printed.split("waits ")[1:]] == [0.05]


@pytest.mark.parametrize(
    ("part", "text"),
    [
        ("result", "class SomeOtherResult: pass\n"),
        ("result", PARTS["tests/result.py"].replace("addSkip", "addSkipped")),
        ("case", "class TestCase: pass\n"),
        ("suite", "class OdooSuite: pass\n"),
        ("loader", "def make_suite(names, position): return []\n"),
        ("loading", "def load_module(name): pass\n"),
        ("release", "version = '18.0'\n"),
    ],
    ids=[
        "no result class",
        "another result class",
        "another test case",
        "another suite",
        "another loader",
        "another module loader",
        "no release",
    ],
)
def test_an_odoo_that_cannot_be_hooked_is_stopped_before_it_tests_anything(tmp_path: Path, part: str, text: str) -> None:
    code, record, _ = launch(tmp_path, **{part: text})
    assert code == HOOK_FAILED
    assert "Error" in str(record.hook_failure)
    assert not record.hooked
    assert not record.ended


def test_an_odoo_from_before_the_result_class_is_told_as_such(tmp_path: Path) -> None:
    code, record, _ = launch(tmp_path, "tests/result.py")
    assert code == HOOK_FAILED
    assert "an early build of Odoo 16.0" in str(record.hook_failure).splitlines()[-1]


def test_an_exit_from_within_leaves_no_end(tmp_path: Path) -> None:
    code, record, _ = launch(tmp_path, server="import os\n\ndef start():\n    os._exit(0)\n")
    assert (code, record.hooked, record.ended) == (0, True, False)


def test_an_exception_that_breaks_through_is_recorded(tmp_path: Path) -> None:
    code, record, _ = launch(tmp_path, server="import sys\n\ndef start():\n    sys.exit(0)\n")
    assert (code, record.ended) == (0, False)
    assert "SystemExit: 0" in str(record.raised)
