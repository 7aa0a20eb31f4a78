"""What the launcher would have written in a run: events in their order, written and sealed by the real recorder's file."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from hub_runner.checkout import snapshot, testfiles
from hub_runner.checkout.closure import Closure
from hub_runner.checkout.lint.module_text import Finding
from hub_runner.checkout.modules import Module
from hub_runner.odoo.choice import EVERYTHING, Choice
from hub_runner.odoo.command import Execution
from hub_runner.odoo.inside.record_file import EventFile
from hub_runner.result import Problem, Verdict
from hub_runner.settings import Settings
from hub_runner.verdict import judge
from tests.plans import plan_of

FILE = "tests/test_rock.py"
SECRET = b"between runner and recorder"
USUAL: dict[str, dict[str, Any]] = {  # what an event holds if a test says nothing else
    "start": {"odoo": "18.0-20250101"},
    "end": {"code": 0, "blind": ""},
    "loading": {"folder": "", "copied": True},
    "outcome": {
        "run": 1, "status": "passed", "reason": "", "tracebacks": [], "subtests": [], "duration": 0.01, "queries": 3,
    },
    "class_outcome": {"status": "error", "reason": "", "tracebacks": []},
    "contents": {
        "states": [["traction", "installed", "1.0"]], "external_ids": [], "columns": [], "fields": [], "unowned": [],
    },
    "log": {
        "level": "ERROR", "logger": "odoo.addons.traction", "exception": "", "loading": None, "testing": False, "test": None,
    },
}  # fmt: skip


def event(name: str, **values: Any) -> dict[str, Any]:
    return {"event": name, **USUAL.get(name, {}), **values}


def about(name: str, *, file: str = FILE, line: int = 7, module: str = "traction") -> dict[str, Any]:
    cls, _, method = name.rpartition(".")
    return {"module": module, "cls": cls, "method": method, "home": file, "file": file, "line": line}


def ran(name: str, status: str = "passed", **values: Any) -> list[dict[str, Any]]:
    place = about(name)
    return [event("test", **place), event("outcome", **place, status=status, **values)]


def log(message: str, level: str = "ERROR", **values: Any) -> dict[str, Any]:
    """A critical one with an exception is that of Odoo's server, unless a logger is given."""
    if level == "CRITICAL" and "exception" in values:
        values.setdefault("logger", "odoo.service.server")
    return event("log", message=message, level=level, **values)


def recorded(*events: dict[str, Any]) -> bytes:
    """The record of these events. As in a real run, all but the first are sealed."""
    with tempfile.TemporaryDirectory() as folder:
        file = EventFile(f"{folder}/record")
        for item in events:
            file.write(**item)
            file.seal(SECRET)
        return Path(file.path).read_bytes() if events else b""


def suite(*names: str, deselected: tuple[str, ...] = (), position: str = "at_install", **values: Any) -> dict[str, Any]:
    tags = ["at_install", "standard"]
    found = [dict(about(name), selected=True, tags=tags, dropped="") for name in names]
    found += [dict(about(name), selected=False, tags=["nightly", "post_install"], dropped="") for name in deselected]
    files = sorted({item["file"] for item in found})
    present = [f"{item['file']}:{item['cls']}.{item['method']}" for item in found]
    known = {"present": present, "looked_at": files, "imported": ["tests/__init__.py", *files], "blind": "", "loose": []}
    return event("suite", position=position, module="traction", tests=found, **{**known, **values})


@dataclass(frozen=True)
class Story:
    """A run of the module ``traction`` that lies in ``root``."""

    root: Path
    events: list[dict[str, Any]] = field(default_factory=list)
    settings: dict[str, Any] = field(default_factory=dict)
    execution: dict[str, Any] = field(default_factory=dict)
    manifest: dict[str, Any] = field(default_factory=dict)
    along: tuple[str, ...] = ()  # modules of the checkout that were copied along with it
    choice: Choice = EVERYTHING
    asked_along: tuple[str, ...] = ()  # those of them that the user wants in the same database
    noticed: tuple[Finding, ...] = ()  # what its files alone show
    judged: dict[str, Any] = field(default_factory=dict)  # more arguments of judge()

    @property
    def folder(self) -> Path:
        return self.root / "addons" / "traction"

    def write(self, path: str, text: str) -> None:
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")

    def tells(self, *events: Any) -> Story:
        """From the start of Odoo on; lists of events are told one by one."""
        flat = [e for item in events for e in (item if isinstance(item, list) else [item])]
        return replace(self, events=[event("start"), event("hooked"), *flat])

    def ends(self, code: int = 0, **execution: Any) -> Story:
        return replace(self, events=[*self.events, event("end", code=code)], execution={"exit_code": code, **execution})

    def breaks_off(self, exit_code: int, **execution: Any) -> Story:
        return replace(self, execution={"exit_code": exit_code, **execution})

    @property
    def verdict(self) -> Verdict:
        module = Module(name="traction", folder=self.folder, manifest=self.manifest)
        others = (Module(name=name, folder=self.folder.parent / name, manifest={}) for name in self.along)
        plan = plan_of(
            module,
            Settings(root=self.root, **self.settings),
            test_files=testfiles.scan(snapshot.files(module) if self.folder.is_dir() else {}),
            closure=Closure(local=(module, *others), core=()),
            along=self.asked_along,
            choice=self.choice,
            noticed=self.noticed,
        )
        execution = Execution(**{"record": self.record, "secret": SECRET, "exit_code": 0, **self.execution})
        return judge(plan, execution, **self.judged)

    @property
    def record(self) -> bytes:
        return recorded(*self.events)

    @property
    def kinds(self) -> list[str]:
        return [problem.kind for problem in self.verdict.problems]

    @property
    def problem(self) -> Problem:
        """The only one."""
        (problem,) = self.verdict.problems
        return problem


INSTALLED = event("loading", module="traction")


def call(file: str, line: int, function: str, source: str) -> dict[str, Any]:
    return {"file": file, "line": line, "function": function, "source": source}


def stopped(reason: str, seconds: float = 0.0, **threads: list[dict[str, Any]]) -> dict[str, Any]:
    """What the watchdog writes; ``threads`` are calls by the name of a thread, the innermost last."""
    every = [{"name": name, "frames": calls} for name, calls in threads.items()]
    return event("stopped", reason=reason, seconds=seconds, test=None, threads=every)
