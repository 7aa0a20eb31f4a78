"""The log was edited: its checksums left as they were, or written anew."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial

from hub_runner.proof.disagreement import Reason
from hub_runner.settings import LOG, RESULT
from tests.unit.proof.forgeries.forgery import Forgery, mended
from tests.unit.proof.honest import NAMES, Run

# Every line of the log, named by what stands in it.
HEADER = ("run", "hub-runner", "module", "started", "command", "commit", "module tree", "engine", "compose", "image db")
FOOTER = ("VERDICT", "exit code", "tests", "odoo", "phases", "finished", "cleanup")


def edited_log_lines() -> Iterator[Forgery]:
    """Only the log is edited, and nothing else: its line is named."""
    for label in (*HEADER, "image odoo", "port", *FOOTER):
        place = rf"{LOG}: line \d+ was changed since the run ended"
        yield Forgery(f"log line {label}", partial(edit_line, label=label), Reason.CHANGED, place)
    for _, method in NAMES:
        act = partial(_edit_log, before=f"Starting TestRock.{method}", after="Starting TestRock.test_xx")
        if method != "test_open":
            yield Forgery(f"log line of Odoo {method}", act, Reason.CHANGED, rf"{LOG}: line \d+ was changed")


def edit_line(run: Run, label: str) -> None:
    pattern = rf"(?m)^(hub-runner \| {re.escape(label):<12} ).*$"
    run.edit(LOG, lambda text: re.sub(pattern, r"\1something else", text, count=1))


def _edit_two_lines(run: Run) -> None:
    edit_line(run, "engine")
    edit_line(run, "exit code")


def _edit_log(run: Run, before: str, after: str) -> None:
    run.edit(LOG, lambda text: text.replace(before, after))


def added_and_removed_log_lines() -> Iterator[Forgery]:
    yield Forgery(
        "log line removed",
        lambda run: run.edit(LOG, lambda text: re.sub(r".*Starting TestRock.test_01.*\n", "", text)),
        Reason.CHANGED,
        rf"{LOG}: 1 line is missing before line \d+",
    )
    yield Forgery(
        "log lines removed",
        lambda run: run.edit(LOG, lambda text: re.sub(r".*Starting .*\n", "", text)),
        Reason.CHANGED,
        rf"{LOG}: 4 lines are missing before line \d+",
    )
    yield Forgery(
        "log line added",
        lambda run: run.edit(LOG, lambda text: text.replace("phase        tests\n", "phase        tests\nall is well\n")),
        Reason.CHANGED,
        rf"{LOG}: line \d+ was added",
    )
    edits: tuple[tuple[str, Callable[[str], str], str], ...] = (
        ("log text appended", lambda text: f"{text}all is well\n", r"line \d+ was added"),
        ("log text before it", lambda text: f"all is well\n{text}", "line 1 was added"),
    )
    for name, edit, place in edits:
        yield Forgery(name, partial(Run.edit, name=LOG, change=edit), Reason.CHANGED, f"{LOG}: {place}")
    yield Forgery(
        "log lines swapped",
        lambda run: run.edit(LOG, lambda text: re.sub(r"(.*test_00.*\n)(.*test_01.*\n)", r"\2\1", text)),
        Reason.CHANGED,
        rf"{LOG}: line \d+",
    )
    yield Forgery(
        "two places of the log",
        _edit_two_lines,
        Reason.CHANGED,
        rf"(?s){LOG}: line \d+ was changed.*{LOG}: line \d+ was changed",
    )


def edited_log_whose_sums_were_mended() -> Iterator[Forgery]:
    """The forger has written all checksums anew: what the log says is then not what result.json says."""
    ways = (("its own sum", mended(Run.mend_log)), ("all sums", mended(Run.mend_all)))
    for how, mend in ways:
        for label in (*HEADER, *FOOTER):
            if how == "its own sum" and label not in ("commit", "VERDICT", "exit code"):
                continue  # one is found like all others
            reason, place = Reason.CHANGED, f"{LOG} is not the one that {RESULT} names"
            if how == "all sums":
                reason, place = Reason.CONTRADICTION, rf"{LOG}, line \d+: '{label} +something else'; {RESULT} says"
            yield Forgery(f"log line {label}, {how} mended", mend(partial(edit_line, label=label)), reason, place)
    all_sums = mended(Run.mend_all)
    for _, method in NAMES[:3]:
        remove = partial(_remove_line, pattern=rf"Starting TestRock\.{method}")
        place = rf"{RESULT} has TestRock.{method}, which never begins in {LOG}"
        yield Forgery(f"Odoo's line of {method} removed, all sums mended", all_sums(remove), Reason.CONTRADICTION, place)
    yield Forgery(
        "Odoo's line added, all sums mended",
        all_sums(partial(_edit_log, before="TestIssue.test_open ... \n", after="TestIssue.test_open ... \n" + ODOO)),
        Reason.CONTRADICTION,
        rf"{LOG}, line \d+: TestRock.test_03 ran; {RESULT} does not have it",
    )
    yield Forgery(
        "footer removed, all sums mended",
        all_sums(lambda run: run.edit(LOG, lambda text: FOOTER_TEXT.sub("", text))),
        Reason.CONTRADICTION,
        f"{LOG} has no footer",
    )
    yield Forgery(
        "line added to the footer, all sums mended",
        all_sums(partial(_edit_log, before="\nhub-runner | exit", after=f"\n{NOTE}hub-runner | exit")),
        Reason.CONTRADICTION,
        rf"{LOG}, line \d+: 'note +all is well', of which {RESULT} says nothing",
    )


NOTE = "hub-runner | note         all is well\n"
FOOTER_TEXT = re.compile(r"hub-runner \| =+\nhub-runner \| VERDICT.*(?=hub-runner \| evidence)", re.DOTALL)
ODOO = "2026-01-02 03:04:05,123 18 INFO db odoo.addons.traction.tests.test_rock: Starting TestRock.test_03 ... \n"


def _remove_line(run: Run, pattern: str) -> None:
    run.edit(LOG, lambda text: re.sub(rf"(?m)^.*{pattern}.*\n", "", text))
