"""coverage.py in the odoo container: the programs that measure there, and their reports, brought into the run's folder."""

from __future__ import annotations

import io
import json
import re
import tarfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from hub_runner.engine import compose
from hub_runner.engine.client import Failures
from hub_runner.engine.compose import Tail
from hub_runner.engine.environment import Environment
from hub_runner.engine.model import WORK
from hub_runner.errors import HubRunnerError
from hub_runner.host.files import BROKEN_FILE
from hub_runner.measuring.cobertura import with_paths_of
from hub_runner.measuring.figures import Branch, figures
from hub_runner.measuring.inside.coverage_launcher import DATA, WISHES
from hub_runner.measuring.inside.reports import HTML, JSON, REPORTS
from hub_runner.odoo import command
from hub_runner.odoo.inside.types_of_odoo import Json
from hub_runner.odoo.trial import packed
from hub_runner.plan import Plan
from hub_runner.result import Coverage
from hub_runner.settings import COVERAGE_XML, HTMLCOV, LCOV

INSIDE = Path(__file__).parent / "inside"
# Tests are no part of what is tested. Odoo reads a manifest as text and serves static files: Python never runs them.
OMITTED = ("tests/*", "**/tests/*", "static/*", "__manifest__.py")
FOLDER = f"{WORK}/test"  # that of the record
PATIENCE = 120.0  # seconds for the reports
MOST = 64 * 2**20  # bytes of all reports together
BROKEN = (*BROKEN_FILE, tarfile.TarError)  # of reports that a module may have written
_PAGE = re.compile(r"[\w.+-]+\.(?:html|css|js|png|json)")  # what coverage.py puts into its HTML report


class NotMeasuredError(Exception):
    """Nothing is known of the coverage; the text is a sentence that says why."""


@dataclass(frozen=True)
class Measurement:
    """How a test process is started so that coverage.py measures it, and what came of it."""

    plan: Plan

    def prepare(self, environment: Environment) -> bytes:
        """Tells the container what to measure. Returns the launcher that does it."""
        environment.copy_in(packed(FOLDER, WISHES, wishes(self.plan)))
        return launcher()

    def read(self, environment: Environment, run_folder: Path) -> Coverage:
        """Writes the reports into ``run_folder``, and returns their figures. Raises NotMeasuredError."""
        output = Tail(4096)
        try:
            environment.copy_in(packed(FOLDER, "reports.pyz", reports()))
            with environment.started(("python3", f"{FOLDER}/reports.pyz", FOLDER)) as client:
                code = compose.follow(client, PATIENCE, output.add, environment.observers.output)
            container = environment.odoo()["Id"]
            archive = environment.engine.copy_from(container, f"{FOLDER}/{REPORTS}", at_most=MOST) if code == 0 else b""
        except (*Failures, HubRunnerError) as error:
            raise NotMeasuredError(f"the odoo container could not be asked ({error})") from error
        if code != 0:
            last = str(output).strip().splitlines()[-1:] or [f"exit code {code}"]
            gone = "Odoo's process did not come to its end" if DATA in last[0] else last[0]
            raise NotMeasuredError(f"coverage.py wrote no report: {gone}")
        if not archive:
            raise NotMeasuredError(f"the reports are missing, or are more than {MOST // 2**20} MB")
        try:
            files = reports_in(archive)
            coverage = parsed(json.loads(files[JSON]), self.plan)
            write(files, run_folder, self.plan)
        except BROKEN as error:
            raise NotMeasuredError(f"the reports cannot be used ({error!r})") from error
        return coverage


def reports_in(archive: bytes) -> dict[str, bytes]:
    """The reports by name, the pages of HTML as ``html/NAME``. A test may have put anything else there: it is left out."""
    found = {}
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        for member in tar:
            path = PurePosixPath(member.name)
            is_page = path.parent.name == HTML and _PAGE.fullmatch(path.name)
            name = f"{HTML}/{path.name}" if is_page else path.name
            wanted = is_page or (len(path.parts) == 2 and path.name in (JSON, COVERAGE_XML, LCOV))
            if wanted and member.isreg() and (file := tar.extractfile(member)):
                found[name] = file.read()
    return found


def write(files: Mapping[str, bytes], run_folder: Path, plan: Plan) -> None:
    """Raises OSError, KeyError, or ValueError for XML that is none."""
    root = plan.settings.root
    (run_folder / COVERAGE_XML).write_bytes(with_paths_of(root, files[COVERAGE_XML]))
    # The name of the test says whose file it is: it goes away with the next run.
    lcov = files[LCOV].decode(errors="replace")
    (run_folder / LCOV).write_text(f"TN:hub-runner\n{lcov.removeprefix('TN:').lstrip()}", encoding="utf-8")
    pages = run_folder / HTMLCOV
    pages.mkdir(exist_ok=True)
    for name, content in files.items():
        if name.startswith(f"{HTML}/"):
            (pages / PurePosixPath(name).name).write_bytes(content)


def parsed(document: Json, plan: Plan) -> Coverage:
    """The figures of coverage.py's JSON report. Raises KeyError, TypeError or ValueError for anything else."""
    measured = {_name(file): values for file, values in document["files"].items()}
    changed = plan.changed_lines or {}
    return Coverage(
        version=str(document["meta"]["version"])[:20],
        branch=bool(document["meta"].get("branch_coverage")),
        files=tuple(figures(file, *_lines(values)) for file, values in sorted(measured.items())),
        since=plan.settings.coverage_diff,
        changed=tuple(
            figures(file, *_lines(values), only=changed[file])
            for file, values in sorted(measured.items())
            if file in changed
        ),
    )


def _name(file: object) -> str:
    return PurePosixPath(str(file)[:1000]).as_posix()


def _lines(values: Json) -> tuple[list[int], list[int], list[Branch], list[Branch]]:
    return (
        [int(line) for line in values["executed_lines"]],
        [int(line) for line in values["missing_lines"]],
        list(_branches(values.get("executed_branches", ()))),
        list(_branches(values.get("missing_branches", ()))),
    )


def _branches(pairs: Iterable[Branch]) -> Iterator[Branch]:
    for begin, end in pairs:
        yield int(begin), int(end)


def launcher() -> bytes:
    """Takes the place of ``odoo.command.launcher``: the same program with coverage.py around it."""
    return _packed("coverage_launcher")


def reports() -> bytes:
    """``python3 reports.pyz FOLDER`` writes coverage.py's reports."""
    return _packed("reports")


def _packed(program: str) -> bytes:
    files = {f"hub_runner/measuring/inside/{path.name}": path.read_bytes() for path in INSIDE.glob("*.py")}
    main = f"from hub_runner.measuring.inside.{program} import main\nmain()\n"
    return command.packed(main.encode(), {"hub_runner/measuring/__init__.py": b"", **files})


def wishes(plan: Plan) -> bytes:
    """What both programs read: where the module lies in the container, and what its files are called in the reports."""
    folder, module = f"{plan.target.rstrip('/')}/{plan.module.name}", plan.module
    shown = module.seen_from(plan.settings.root)
    return json.dumps(
        {
            "folder": folder,
            "shown": shown,
            "omit": [f"{start}/{pattern}" for start in (folder, "*" if shown == "." else shown) for pattern in OMITTED],
            "branch": plan.settings.coverage_branches,
            "title": f"Coverage of {module.name} {module.version}",
        }
    ).encode()
