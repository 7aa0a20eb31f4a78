"""The recorded tests of a module as outcomes: one for each test that ran, and one for each class that broke."""

from __future__ import annotations

from collections.abc import Iterator

from hub_runner.checkout.modules import Module
from hub_runner.result import Outcome, Status
from hub_runner.settings import Settings
from hub_runner.verdict.entries import Recorded, TestId
from hub_runner.verdict.evidence import relative
from hub_runner.verdict.record import Recording


def outcomes(module: Module, recording: Recording, settings: Settings) -> tuple[Outcome, ...]:
    """Those of the module itself: what its dependencies' tests did is not its verdict."""
    every = [*recording.outcomes, *_broken_classes(recording), *_skipped_by_class(recording)]
    dropped = {test.key for test in recording.found if test.dropped}
    mine = [test for test in every if test.module == module.name]
    ran = [test for test in mine if not (test.key in dropped and test.status == "passed")]  # its body did not
    return tuple(_outcome(test, module, settings, standard=_is_standard(test, recording)) for test in ran)


def _broken_classes(recording: Recording) -> Iterator[Recorded]:
    return (outcome for outcome in recording.class_outcomes if outcome.status != "skipped")


def _skipped_by_class(recording: Recording) -> Iterator[Recorded]:
    """A setUpClass that skips its class skips each of its tests."""
    ran = {outcome.key for outcome in recording.outcomes}
    for skip in recording.class_outcomes:
        if skip.status == "skipped":
            for test in recording.found:
                if test.selected and same_class(test, skip) and test.key not in ran:
                    yield Recorded(module=test.module, cls=test.cls, method=test.method, file=test.file,
                                   line=test.line, status="skipped", reason=skip.reason)  # fmt: skip


def same_class(test: TestId, other: TestId) -> bool:
    """Two files may hold classes of one name; of some classes the file is not known."""
    files = {test.origin, other.origin} - {None}
    return (test.module, test.cls) == (other.module, other.cls) and len(files) < 2


def _is_standard(test: TestId, recording: Recording) -> bool:
    """A class counts as its tests do; what was never collected is taken for what is usual."""
    found = [it for it in recording.found if it.key == test.key]
    found = found or [it for it in recording.found if same_class(it, test)]
    return not found or any("standard" in (it.tags or ()) for it in found)


def _outcome(test: Recorded, module: Module, settings: Settings, *, standard: bool) -> Outcome:
    status = Status(test.status) if test.status in set(Status) else Status.ERROR
    own = test.file is not None and not test.file.startswith("/")
    return Outcome(
        module=test.module,
        cls=test.cls,
        method=test.method,
        status=status,
        file=relative(module.folder / str(test.file), settings.root) if own else None,
        line=test.line if own else None,
        duration=test.duration,
        queries=test.queries,
        reason=test.reason,
        traceback="\n\n".join(test.tracebacks),
        subtests=test.subtests,
        standard=standard,
    )
