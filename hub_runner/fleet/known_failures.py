"""Which tests of a module failed when they ran last: a small file for each module, which runs and watches write.

It only helps to choose tests (``--lf``, ``--ff``): a file that is missing or broken means that no failure is known.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from hub_runner.exit_codes import Kind
from hub_runner.host.files import BROKEN_FILE, remember
from hub_runner.odoo.choice import Choice, Place
from hub_runner.plan import Plan
from hub_runner.result import Outcome, Status, Verdict
from hub_runner.settings import OWN_FOLDER
from hub_runner.text import relative

FOLDER = "failed"


def path(output: Path, module: str) -> Path:
    return output / OWN_FOLDER / FOLDER / f"{module}.json"


def load(output: Path, module: str) -> tuple[Place, ...]:
    """The tests, and classes that could not be set up, that failed when they ran last."""
    try:
        document = json.loads(path(output, module).read_text(encoding="utf-8"))
        return tuple(_place(entry) for entry in document["failed"])
    except BROKEN_FILE:
        return ()


def added(choice: Choice, output: Path, module: str) -> Choice:
    """The choice with the known failures of the module, if it asks for them."""
    asks = choice.last_failed or choice.failed_first
    return replace(choice, known_failures=load(output, module)) if asks else choice


def learn(plan: Plan, verdict: Verdict, *, forgets: bool = True) -> None:
    """Notes what failed, and ``forgets`` what passed. What did not run keeps what was known of it."""
    output, module = plan.settings.output_folder, plan.module
    known = load(output, module.name)
    ran = [place(plan, outcome) for outcome in verdict.outcomes if outcome.status is not Status.SKIPPED]
    failed = [place(plan, outcome) for outcome in verdict.failures]
    if not forgets:
        ran = failed
    others = () if forgets and _is_all(verdict, plan.choice) else (old for old in known if not _ran(old, ran))
    fresh = tuple(dict.fromkeys((*failed, *others)))
    if fresh != known:
        document = {"schema": 1, "failed": [it.words for it in fresh]}
        remember(path(output, module.name), f"{json.dumps(document)}\n".encode())


def _is_all(verdict: Verdict, choice: Choice) -> bool:
    """Whether no failure can be left but those of this verdict: all tests ran, or no known failure is there any more."""
    from hub_runner.verdict.judge import HIDES_NOTHING  # a Python without our packages refuses the command in words

    kinds = [problem.kind for problem in verdict.problems]
    if choice.only_failed and Kind.NO_TESTS in kinds:
        written = {test.rpartition(".")[0] for test in verdict.unrun} | verdict.unrun.keys()
        known = {f"{old.file}:{old.cls}.{old.method}".rstrip(".") for old in choice.only_failed}
        return verdict.part == str(choice) == str(Choice(last_failed=True, known_failures=choice.known_failures)) and not (
            known & written
        )
    return bool(verdict.outcomes) and not (verdict.part or choice.max_fail) and HIDES_NOTHING.issuperset(kinds)


def _ran(old: Place, ran: Iterable[Place]) -> bool:
    """A class that could not be set up is well again once one of its tests has run."""
    return any((new.file, new.cls) == (old.file, old.cls) and old.method in ("", new.method) for new in ran)


def place(plan: Plan, outcome: Outcome) -> Place:
    """Where the test of an outcome stands; the class, if it could not be set up."""
    root, folder = plan.settings.root, plan.module.folder  # an outcome names its file as seen from them
    prefix = relative(folder, root)
    file = (outcome.file or "").removeprefix(f"{prefix}/" if prefix != "." else "")
    return Place(file=file, cls=outcome.cls, method=outcome.method if outcome.method.startswith("test") else "")


def _place(entry: object) -> Place:
    if not isinstance(entry, list) or len(entry) != 3 or not all(isinstance(word, str) for word in entry):
        raise ValueError(entry)
    return Place(file=entry[0], cls=entry[1], method=entry[2])
