"""An honest run of a committed module, with all files that it leaves; and the means of a forger to change them."""

from __future__ import annotations

import hashlib
import io
import json
import re
import shutil
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from hub_runner import report
from hub_runner.checkout import snapshot
from hub_runner.checkout.modules import read
from hub_runner.proof.disagreement import Level
from hub_runner.proof.verify import Request, verify
from hub_runner.report import log_lines, statement
from hub_runner.report.signature import Signer
from hub_runner.result import Outcome, Result, Status, Tree
from hub_runner.settings import LOG, PROOF, RESULT, Settings
from tests.unit.report import samples

TESTS = """\
from odoo.tests import TransactionCase


class TestRock(TransactionCase):
    def test_00(self):
        pass

    def test_01(self):
        pass

    def test_02(self):
        pass


class TestIssue(TransactionCase):
    def test_open(self):
        pass

    def test_nightly(self):
        pass
"""
FILES = {
    "traction/__init__.py": "",
    "traction/__manifest__.py": '{"name": "Traction", "depends": ["rocks"]}\n',
    "traction/models.py": "ESCALATE = 3\n",
    "traction/tests/__init__.py": "from . import test_rock\n",
    "traction/tests/test_rock.py": TESTS,
    "rocks/__init__.py": "",
    "rocks/__manifest__.py": '{"name": "Rocks"}\n',
    "rocks/models.py": "HARD = True\n",
}
FILE = "addons/traction/tests/test_rock.py"
NAMES = (("TestRock", "test_00"), ("TestRock", "test_01"), ("TestRock", "test_02"), ("TestIssue", "test_open"))
LEFT_OUT = {"tests/test_rock.py:TestIssue.test_nightly": "deselected by tags"}


def git(root: Path, *words: str) -> str:
    settings = ("user.name=A", "user.email=a@example.org", "commit.gpgsign=false", "init.defaultBranch=main")
    command = ("git", "-C", str(root), *(word for setting in settings for word in ("-c", setting)), *words)
    return subprocess.check_output(command, text=True, stderr=subprocess.STDOUT).strip()


def commit(root: Path, message: str = "x") -> str:
    git(root, "add", "-A")
    git(root, "commit", "-q", "--allow-empty", "-m", message)
    return git(root, "rev-parse", "HEAD")


def repository(root: Path) -> str:
    """Makes one with two modules, of which one needs the other. Returns its commit."""
    for name, text in FILES.items():
        path = root / "addons" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (root / ".gitignore").write_text("/out\n")
    (root / "pyproject.toml").write_text('[tool.hub-runner]\noutput = "out"\n')
    git(root, "init", "-q", "--template=")
    return commit(root)


def trees(root: Path, *modules: str) -> dict[str, Tree]:
    folders = {name: root / "addons" / name for name in modules or ("traction", "rocks")}
    return {name: Tree(folder=folder, files=snapshot.sums(snapshot.files(read(folder)))) for name, folder in folders.items()}


def outcome(cls: str, method: str, status: Status = Status.PASSED, **values: Any) -> Outcome:
    return samples.outcome(method, status, cls=cls, file=FILE, line=5, **values)


def result(root: Path, commit: str, *outcomes: Outcome) -> Result:
    """What the runner knows at the end of a run of ``traction`` as it lies in ``root``."""
    found = trees(root)
    base = samples.result(*(outcomes or tuple(outcome(*name) for name in NAMES)), root=root)
    info = replace(base.info, commit=commit, dirty=False, trees=found, module_tree=snapshot.digest(found["traction"].files))
    return replace(base, info=info, verdict=replace(base.verdict, unrun=LEFT_OUT))


def write(result: Result, output: Path, key: Path | None = None) -> Path:
    """Lets the reports write all files of a run, and sign them with the key if there is one. Returns its folder."""
    folder = output / ".hub-runner/runs" / result.info.run_id
    signer = Signer(key=str(key), root=result.info.root) if key else None
    for observer in report.observers(folder, output, stdout=io.StringIO(), environ={}, signer=signer):
        observer.started(result.info)
        observer.phase("tests")
        for half in dict.fromkeys(test.half for test in result.verdict.outcomes):
            if half:
                observer.note(f"These are the tests {half}.")
            observer.output(odoo_says(tuple(test for test in result.verdict.outcomes if test.half == half)))
        observer.finished(result)
    return folder


def odoo_says(outcomes: tuple[Outcome, ...]) -> bytes:
    """What Odoo logs of tests that begin and fail."""
    lines = []
    for number, test in enumerate(outcomes):
        head = (
            f"2026-01-02 03:04:{number % 60:02},123 18 {{}} db odoo.addons.{test.module}.tests.test_rock: {{}} {test.name}"
        )
        lines.append(head.format("INFO", "Starting") + " ... ")
        if test.status in (Status.FAILED, Status.ERROR):
            lines.append(head.format("ERROR", "FAIL:"))
    return "".join(f"{line}\n" for line in lines).encode()


@dataclass
class Run:
    """The files of a run in ``folder``, and the repository ``root`` of whoever verifies them."""

    root: Path
    folder: Path
    honest: Result

    @property
    def output(self) -> Path:
        return self.root / "out"

    def verify(self, *, level: int = 0, **request: Any) -> tuple[int, str]:
        """The exit code, and what was said."""
        out = io.StringIO()
        settings = Settings(root=self.root, output="out")
        code = verify(Request(**{"target": str(self.folder), "level": Level(level), **request}), settings, out)
        return code, out.getvalue()

    def read(self, name: str) -> str:
        return (self.folder / name).read_text()

    def edit(self, name: str, change: Callable[[str], str]) -> None:
        before = self.read(name)
        after = change(before)
        assert after != before
        (self.folder / name).unlink()  # not through a hard link into the plain names
        (self.folder / name).write_text(after)

    def edit_result(self, change: Callable[[dict[str, Any]], object]) -> None:
        def changed(text: str) -> str:
            document = json.loads(text)
            change(document)
            return json.dumps(document) + "\n"

        self.edit(RESULT, changed)

    def edit_proof(self, change: Callable[[dict[str, Any]], object]) -> None:
        def changed(text: str) -> str:
            document = json.loads(text)
            change(document)
            return json.dumps(document) + "\n"

        self.edit(PROOF, changed)

    def anew(self, changed: Result, key: Path | None = None) -> None:
        """All files written anew by the tool itself: nothing in them disagrees with anything else in them."""
        shutil.rmtree(self.output)
        self.folder = write(changed, self.output, key)

    def mend_log(self) -> None:
        """Writes the last words of the log anew, so that they fit what stands above."""
        text = self.read(LOG)
        body = text[: text.index(f"{log_lines.MARK} evidence")].encode()
        (self.folder / LOG).write_bytes(body + log_lines.evidence(len(body), hashlib.sha256(body).hexdigest()).encode())

    def mend_result(self) -> None:
        """Lets result.json name the log as it is now."""
        digest = hashlib.sha256((self.folder / LOG).read_bytes()).hexdigest()
        text = re.sub(r'"log_sha256": "\w+"', f'"log_sha256": "{digest}"', self.read(RESULT))
        (self.folder / RESULT).write_text(text)

    def mend_proof(self) -> None:
        """Lets proof.json have the checksums of the files as they are now."""
        document = json.loads(self.read(PROOF))
        known = document["predicate"][statement.OWN]["files"]
        contents: Mapping[str, bytes] = {name: (self.folder / name).read_bytes() for name in known}
        files = statement.checksums(contents, json.loads(contents[RESULT]))
        document["predicate"][statement.OWN]["files"] = files
        (self.folder / PROOF).write_text(json.dumps(document) + "\n")

    def mend_all(self) -> None:
        self.mend_log()
        self.mend_result()
        self.mend_proof()
