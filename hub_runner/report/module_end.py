"""How one module of several ended: what batch.json says of it, what the table shows, and what `merge` reads."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import NoneType

from hub_runner.report import phrases
from hub_runner.report.causes import distinct
from hub_runner.report.result_file import Json
from hub_runner.report.tracebacks import failing_line
from hub_runner.result import Result
from hub_runner.text import file_line, one_line, percentage, relative, shorten

WIDTH = 300  # characters of a line
MOST = 10**12  # what no number of a module reaches
TYPES: dict[str, tuple[type, ...]] = {  # that a value may have in JSON, by the annotation of its field
    "str": (str,),
    "str | None": (str, NoneType),
    "int": (int,),
    "int | None": (int, NoneType),
    "float": (int, float),
    "tuple[str, ...]": (tuple,),
}


@dataclass(frozen=True, kw_only=True)
class ModuleEnd:
    """How one module of a batch ended. Paths are relative to the output folder, so that the folder can be moved."""

    module: str
    return_code: int | None  # None: its run never began
    summary: str  # a sentence
    seconds: float = 0.0
    tests: int = 0
    failed: int = 0
    skipped: int = 0
    coverable: int = 0  # statements and branches whose coverage was measured; 0: it was not
    covered: int = 0
    part: str = ""  # what chose the tests, if not all of the module's were asked for
    run: str | None = None  # the run id
    folder: str | None = None  # with the files of the run
    failures: tuple[str, ...] = ()  # problems and failed tests, a line each
    reproduce: str | None = None  # the command that repeats what failed

    @property
    def word(self) -> str:
        if self.return_code is None:
            return "NOT RUN"
        return phrases.word(self.return_code)

    @property
    def coverage(self) -> str:
        """Its coverage for people; empty if it was not measured."""
        return percentage(100 * self.covered / self.coverable) if self.coverable else ""

    @classmethod
    def of(cls, result: Result, output: Path) -> ModuleEnd:
        """The end of a run that has a result."""
        verdict, folder = result.verdict, result.info.log.parent
        return cls(
            module=result.info.module,
            return_code=result.return_code,
            summary=phrases.verdict(result),
            seconds=round((result.finished - result.info.started).total_seconds(), 3),
            tests=len(verdict.outcomes),
            failed=len(verdict.failures),
            skipped=sum(outcome.status.value == "skipped" for outcome in verdict.outcomes),
            coverable=verdict.coverage.coverable if verdict.coverage else 0,
            covered=verdict.coverage.covered if verdict.coverage else 0,
            part=verdict.part,
            run=result.info.run_id,
            folder=relative(folder, output),
            failures=tuple(_failures(result)),
            reproduce=phrases.reproduce(result.info, *verdict.failures) if verdict.failures else None,
        )

    @classmethod
    def never_run(cls, module: str, why: str) -> ModuleEnd:
        return cls(module=module, return_code=None, summary=f"NOT RUN {module}: {why}")

    @classmethod
    def without_result(cls, module: str, return_code: int) -> ModuleEnd:
        """Its process ended before it had a result: it was refused or killed."""
        return cls(module=module, return_code=return_code, summary=f"FAILED {module}: ended with {return_code}, no result")

    @classmethod
    def read(cls, values: Json) -> ModuleEnd:
        """What ``document`` wrote of it. Raises what ``host.files.BROKEN`` lists for anything else."""
        names = {field.name for field in dataclasses.fields(cls)}
        known = {name: value for name, value in values.items() if name in names}
        end = cls(**{**known, "failures": _lines(known.get("failures", ()))})
        for field in dataclasses.fields(cls):
            value = getattr(end, field.name)
            if type(value) not in TYPES[str(field.type)]:
                raise TypeError(f"{field.name} of a module is {shorten(repr(value), 40)}")
            if isinstance(value, int | float) and not abs(value) < MOST:  # NaN is not, either
                raise ValueError(f"{field.name} of a module is no number that a run has")
        return end


def _lines(values: object) -> tuple[str, ...]:
    """Raises TypeError for anything but a list."""
    if not isinstance(values, list | tuple):
        raise TypeError("the failures of a module are no list")
    return tuple(map(str, values))


def _failures(result: Result) -> Iterator[str]:
    for problem in result.verdict.shown_problems:
        yield shorten(one_line(f"PROBLEM {problem.kind}: {problem.message}"), WIDTH)
    for cause in distinct(result):
        for failure in cause.failures:
            place = file_line(failure.file, failing_line(failure))
            told = f"{failure.status.value.upper()} {failure.title} {place}".rstrip()
            yield shorten(one_line(f"{told} - {cause.exception}"), WIDTH)
