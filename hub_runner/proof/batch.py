"""Several runs of one command: what batch.json claims of them, against the files of each."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from hub_runner.errors import UsageError
from hub_runner.exit_codes import ExitCode
from hub_runner.host.files import BROKEN, BROKEN_FILE
from hub_runner.proof.bundle import Bundle, Unreadable, find, parsed
from hub_runner.proof.checksums import files_agree
from hub_runner.proof.disagreement import Disagreement, Reason, contradiction
from hub_runner.report import batch_report
from hub_runner.report.module_end import ModuleEnd
from hub_runner.report.result_file import Json
from hub_runner.report.statement import COVERED
from hub_runner.settings import BATCH_JSON, PROOF, SIGNATURE

COMPARED = ("return_code", "tests", "failed", "skipped", "part", "run")  # of a module's end: each follows from its result


@dataclass(frozen=True, kw_only=True)
class Batch:
    """``runs`` has the files of each run that can be found, by module; ``missing`` says why the others' cannot."""

    folder: Path
    document: Json
    ends: tuple[ModuleEnd, ...]
    runs: dict[str, Bundle]
    missing: tuple[Disagreement, ...]

    @property
    def claim(self) -> str:
        return str(self.document.get("summary"))

    def disagreements(self) -> Iterator[Disagreement]:
        """What is wrong with batch.json itself; the runs are verified one by one."""
        yield from self.missing
        yield from self._of_the_exit_code()
        for end in self.ends:
            if end.module in self.runs:
                yield from _of_run(end, self.runs[end.module])
        yield from self._of_one_command()
        yield from self._strangers()

    def _of_the_exit_code(self) -> Iterator[Disagreement]:
        claimed, passed = self.document.get("return_code"), self.document.get("passed")
        if isinstance(claimed, int) and claimed > ExitCode.SIGNALLED and passed is False:  # between two runs: then of none
            yield Disagreement(reason=Reason.NOT_PASSED, text=f"The command was interrupted (exit code {claimed}).")
            return
        code = batch_report.exit_code(self.ends)
        if (claimed, passed) != (code, code == 0):
            yield contradiction(f"{BATCH_JSON} has exit code {claimed} for all, not {code}")
        if code:
            yield Disagreement(reason=Reason.NOT_PASSED, text=f"Not all modules passed (exit code {code}).")

    def _of_one_command(self) -> Iterator[Disagreement]:
        results = [run.result for run in self.runs.values() if not list(files_agree(run))]
        if len({(result.info.command, result.info.commit) for result in results}) > 1:
            yield contradiction("The runs are not of one command on one commit")

    def _strangers(self) -> Iterator[Disagreement]:
        """The plain names beside batch.json lead to the files of the run that began last."""
        known = list(self.runs.values())
        for name in (*COVERED, PROOF, SIGNATURE):
            path = self.folder / name
            if path.is_file() and path.read_bytes() not in [run.contents.get(name) for run in known]:
                text = f"{name} beside {BATCH_JSON} is that of none of its runs."
                yield Disagreement(reason=Reason.CHANGED, text=text)


def batch_file(output: Path, target: str | None) -> Path | None:
    """The batch.json that ``target`` means, itself or by its folder, or that of the last command; None if a run is meant."""
    path = output if target is None else Path(target)
    path = path / BATCH_JSON if path.is_dir() else path
    return path if path.name == BATCH_JSON and path.is_file() else None


def read(path: Path) -> Batch:
    """Raises UsageError if it is no batch.json."""
    folder = path.parent
    try:
        document = parsed(path.read_bytes())
        ends = tuple(batch_report.ends_in(document))
        if not ends:
            raise ValueError("it names no module")
    except BROKEN_FILE as error:
        raise UsageError(f"{path} cannot be read: {error!r}. A run's own folder can be verified without it.") from error
    runs: dict[str, Bundle] = {}
    missing = []
    for end in ends:
        try:
            runs[end.module] = find(folder, str(_inside(folder, end)))
        except UsageError as error:
            text = f"The run of {end.module} cannot be verified: {error}"
            missing.append(Disagreement(reason=Reason.MISSING, text=text))
    return Batch(folder=folder, document=document, ends=ends, runs=runs, missing=tuple(missing))


def _inside(folder: Path, end: ModuleEnd) -> Path:
    """The folder of a run. Raises UsageError."""
    if not isinstance(end.folder, str):
        raise UsageError(end.summary if end.return_code is None else "it has left no files.")
    path = folder / end.folder
    if not path.is_dir() or not path.resolve().is_relative_to(folder.resolve()):
        raise UsageError(f"there is no folder {end.folder} in {folder}. Of a merged matrix each shard's own folder has it.")
    return path


def _of_run(end: ModuleEnd, run: Bundle) -> Iterator[Disagreement]:
    try:
        actual = ModuleEnd.of(run.result, run.folder)
    except (Unreadable, *BROKEN):
        return  # its own verification says so
    if actual.module != end.module:
        yield contradiction(f"{BATCH_JSON} names a run of {actual.module} as that of {end.module}")
    for name in COMPARED:
        here, there = json.dumps(getattr(end, name)), json.dumps(getattr(actual, name))
        if here != there:
            yield contradiction(f"{BATCH_JSON} has {name} {here} of {end.module}, and its result has {there}")
