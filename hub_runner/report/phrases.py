"""The sentences that all reports share: verdict, counts, phases, coverage, and the command that repeats a failure."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence

from hub_runner.exit_codes import ExitCode, Kind
from hub_runner.result import HALVES, Coverage, FileCoverage, Outcome, Result, RunInfo, Status, Verdict
from hub_runner.settings import HTMLCOV, OPTIONS, completed
from hub_runner.text import counted, file_line, one_line, percentage, shorten

PART = 100  # characters that say which part of a module was tested
TAGS = 20  # tests that a command line names one by one
FILES = 20  # whose coverage is named
NAME, MISSING = 60, 120  # characters of the name of such a file, and of what never ran in it


def seconds(value: float) -> str:
    """A duration of ``value`` seconds, for people: ``12.3 s``, ``2 min 5 s``."""
    if value < 60:
        return f"{value:.1f} s"
    minutes, rest = divmod(round(value), 60)
    return f"{minutes} min {rest} s"


def word(code: int) -> str:
    """How a run, or a command, with this exit code ended."""
    return "INTERRUPTED" if code > ExitCode.SIGNALLED else "FAILED" if code else "PASSED"


def verdict(result: Result) -> str:
    """One line: ``PASSED traction: 41 tests in 12.3 s on Odoo 19.0``, or ``PASSED a part of traction (...): ...``."""
    if any(problem.kind == Kind.UNFINISHED for problem in result.verdict.problems):
        return one_line(f"UNFINISHED {result.info.module}: it still goes on, or was killed; nothing is proven")
    took = seconds((result.finished - result.info.started).total_seconds())
    return one_line(
        f"{head(result)} {subject(result.info.module, result.verdict)}: {_finding(result, took)}{_odoo(result.verdict)}"
    )


def subject(module: str, verdict: Verdict) -> str:
    """The module, or a part of it: a verdict on a part must never look like the module's."""
    if not verdict.part:
        return module
    left_out = f"; {counted(verdict.left_out, 'test')} left out" if verdict.left_out else ""
    return f"a part of {module} ({shorten(verdict.part, PART)}{left_out})"


def head(result: Result) -> str:
    """``PASSED``, ``FAILED`` or ``INTERRUPTED``."""
    if result.return_code > ExitCode.SIGNALLED:
        return "INTERRUPTED"
    return "PASSED" if result.verdict.passed else "FAILED"


def _finding(result: Result, took: str) -> str:
    verdict = result.verdict
    total, failed, skipped = len(verdict.outcomes), len(verdict.failures), verdict.count(Status.SKIPPED)
    if result.return_code > ExitCode.SIGNALLED:
        return (
            f"broken off after {took}, when {counted(total, 'test')} had ended"
            if total
            else f"nothing was proven within {took}"
        )
    waived = f", {counted(len(verdict.waived), 'finding')} waived," if verdict.waived else ""
    if verdict.problems and verdict.problems[0].kind != Kind.TESTS_FAILED:
        more = f" ({failed} of {counted(total, 'test')} failed{_halves(verdict.failures)})" if failed else ""
        return f"{verdict.problems[0].kind.replace('_', ' ')}{more}{waived} after {took}"
    if failed:
        flaky = sum(outcome.is_flaky for outcome in verdict.failures)
        some = f" ({flaky} flaky)" if flaky else ""
        return f"{failed} of {counted(total, 'test')} failed{some}{_halves(verdict.failures)}{waived} in {took}"
    return (
        f"{counted(total, 'test')}{f' ({skipped} skipped)' if skipped else ''}{_halves(verdict.outcomes)}{waived} in {took}"
    )


def _halves(outcomes: Sequence[Outcome]) -> str:
    """How many of them in which half of a run, if it has two; else nothing."""
    numbers = [f"{number} {half}" for demo, half in HALVES.items() if (number := sum(it.demo == demo for it in outcomes))]
    return f", {' and '.join(numbers)}," if numbers else ""


def _odoo(verdict: Verdict) -> str:
    return f" on Odoo {verdict.odoo_version.partition('-')[0]}" if verdict.odoo_version else ""


def counts(verdict: Verdict) -> str:
    numbers = ", ".join(f"{verdict.count(status)} {status.value}" for status in Status)
    return f"{len(verdict.outcomes)}: {numbers}"


def phases(result: Result) -> str:
    return ", ".join(f"{name} {seconds(duration)}" for name, duration in result.phases.items())


def reproduce(info: RunInfo, *outcomes: Outcome) -> str:
    """The command line that runs only these tests again, with the settings that stood on the run's own command line.

    Of many tests it names the classes, because a command of a hundred tests is read by nobody: other tests of them run, too.
    """
    tags = dict.fromkeys(outcome.tag for outcome in outcomes)
    if len(tags) > TAGS:
        tags = dict.fromkeys(outcome.class_tag for outcome in outcomes)
    flags = list(settings_flags(info.command))
    halves = {outcome.demo for outcome in outcomes} - {""}
    if len(halves) == 1:
        flags = [*(flag for flag in flags if not flag.startswith("--demo=")), f"--demo={halves.pop()}"]
    words = ("nox", "-s", "test", "--", info.module, *flags, "--test-tags", ",".join(tags))
    return shlex.join(words)


def settings_flags(command: Sequence[str]) -> Iterator[str]:
    """The flags of a command line that set settings, each as one word.

    Flags that select tests or say where results lie are left out.
    """
    words = completed(command)
    for word in words:
        name, equals, _ = word.removeprefix("--").partition("=")
        field = OPTIONS.get(name.removeprefix("no-"))
        if not word.startswith("--") or field is None:
            continue
        whole = word if equals or isinstance(field.default, bool) else f"{word}={next(words, '')}"
        if name not in ("test-tags", "output"):
            yield whole


def flaky(outcome: Outcome) -> str:
    """How often a test was green that was red as well; empty for any other."""
    return f"flaky: green in {outcome.green} of {outcome.runs} runs" if outcome.is_flaky else ""


def place(outcome: Outcome) -> str:
    """``file:line`` of a test; empty if Odoo could not tell."""
    return file_line(outcome.file, outcome.line)


def coverage(measured: Coverage) -> str:
    """``98.5 % of lines and branches, 91.0 % of what has changed since origin/main``."""
    what = "lines and branches" if measured.branch else "lines"
    changed = f", {percentage(measured.percent_of_changed)} of what has changed since {measured.since}"
    return one_line(f"{percentage(measured.percent)} of {what}{changed if measured.since else ''}")


def covered_files(measured: Coverage) -> Iterator[str]:
    """The files of which something never ran, the worst first; with coverage-diff only what has changed in them."""
    files = measured.changed if measured.since else measured.files
    partly = sorted((file for file in files if not file.whole), key=lambda file: (file.percent, file.file))
    width = min(NAME, max((len(file.file) for file in partly), default=0))
    for file in partly[:FILES]:
        yield f"{_end_of_name(file):<{width}} {percentage(file.percent):>7}  {shorten(one_line(file.missing), MISSING)}"
    if more := partly[FILES:]:
        yield f"... and {counted(len(more), 'file')} more: see {HTMLCOV}/index.html"


def _end_of_name(file: FileCoverage) -> str:
    """The end of a path says more than its beginning."""
    name = one_line(file.file)
    return name if len(name) <= NAME else f"...{name[3 - NAME :]}"
