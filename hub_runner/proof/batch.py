"""Several runs of one command: what batch.json claims of them, against the files of each."""

from __future__ import annotations

import contextlib
import json
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import hub_runner
from hub_runner.errors import UsageError
from hub_runner.exit_codes import ExitCode
from hub_runner.host.files import BROKEN, BROKEN_FILE
from hub_runner.proof.bundle import Bundle, Unreadable, find, parsed
from hub_runner.proof.checksums import files_agree
from hub_runner.proof.disagreement import Disagreement, Reason, contradiction
from hub_runner.report import batch_report
from hub_runner.report.module_end import ModuleEnd
from hub_runner.report.output_folder import HEAD, MARKS
from hub_runner.report.result_file import Json
from hub_runner.report.statement import COVERED
from hub_runner.settings import BATCH_JSON, BATCH_XML, JUNIT, PROOF, SIGNATURE
from hub_runner.text import shorten

COMPARED = ("return_code", "tests", "failed", "skipped", "part", "run")  # of a module's end: each follows from its result
MORE = ("summary", "seconds", "coverable", "covered", "failures", "reproduce")  # of this version, which has the same words


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

    @property
    def version(self) -> str:
        """That of the hub-runner that wrote batch.json; its runs must name the same."""
        return str(self.document.get("hub_runner"))

    @property
    def is_of_this_version(self) -> bool:
        return self.version == hub_runner.__version__

    def disagreements(self) -> Iterator[Disagreement]:
        """What is wrong with batch.json itself; the runs are verified one by one."""
        yield from self.missing
        yield from self._of_the_exit_code()
        yield from self._of_its_words()
        yield from self._of_its_suites()
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
        if json.dumps([claimed, passed]) != json.dumps([code, code == 0]):  # 0 is not false
            yield contradiction(f"{BATCH_JSON} has exit code {claimed} for all, not {code}")
        if code:
            yield Disagreement(reason=Reason.NOT_PASSED, text=f"Not all modules passed (exit code {code}).")

    def _of_its_words(self) -> Iterator[Disagreement]:
        """The sentence on all modules, without the time that they took: whoever reads nothing else reads this one."""
        code = self.document.get("return_code")
        if self.is_of_this_version and isinstance(code, int):
            sentences = (self.claim, batch_report.summary(self.ends, 0.0, code))
            said, expected = (sentence.rpartition(" in ")[0] for sentence in sentences)
            if said != expected:
                yield contradiction(f"{BATCH_JSON} says {shorten(said, 200)!r}, and its modules come to {expected!r}")

    def _of_its_suites(self) -> Iterator[Disagreement]:
        """batch.xml, if it lies there, holds the suites of the runs."""
        path = self.folder / BATCH_XML
        data = path.read_bytes() if path.is_file() else b""
        if self.missing or not self.is_of_this_version or MARKS[BATCH_XML] not in data[:HEAD]:
            return
        try:
            found = ET.canonicalize(data, strip_text=True)
        except (ET.ParseError, *BROKEN) as error:
            yield Disagreement(reason=Reason.UNREADABLE, text=f"{BATCH_XML} is cut off, or no XML: {error}.")
            return
        if found != ET.canonicalize(batch_report.to_xml(self.ends, self.folder), strip_text=True):
            yield contradiction(f"{BATCH_XML} does not hold what {JUNIT} of its runs does")

    def _of_one_command(self) -> Iterator[Disagreement]:
        runs = [run for run in self.runs.values() if not list(files_agree(run))]
        if len({(run.result.info.command, run.result.info.commit) for run in runs}) > 1:
            yield contradiction("The runs are not of one command on one commit")
        if others := sorted({run.version for run in runs} - {self.version}):
            yield contradiction(f"{BATCH_JSON} is of hub-runner {self.version}, and its runs are of {', '.join(others)}")

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
        if not isinstance(document, dict):
            raise ValueError("it is no JSON object")
        ends = tuple(batch_report.ends_in(document))
        if not ends:
            raise ValueError("it names no module")
        if len({end.module for end in ends}) < len(ends):
            raise ValueError("it names a module twice")
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
    with contextlib.suppress(OSError, ValueError, RuntimeError):  # it is too long; a null byte; links in a circle
        if path.is_dir() and path.resolve().is_relative_to(folder.resolve()):
            return path
    name = shorten(end.folder, 200)
    raise UsageError(f"there is no folder {name} in {folder}. Of a merged matrix each shard's own folder has it.")


def _of_run(end: ModuleEnd, run: Bundle) -> Iterator[Disagreement]:
    try:
        actual = ModuleEnd.of(run.result, run.folder)
    except (Unreadable, *BROKEN):
        return  # its own verification says so
    if actual.module != end.module:
        yield contradiction(f"{BATCH_JSON} names a run of {actual.module} as that of {end.module}")
    for name in (*COMPARED, *(MORE if run.is_of_this_version else ())):
        here, there = json.dumps(getattr(end, name)), json.dumps(getattr(actual, name))
        if here != there:
            yield contradiction(f"{BATCH_JSON} has {name} {here} of {end.module}, and its result has {there}")
