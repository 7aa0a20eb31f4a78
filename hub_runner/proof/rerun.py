"""The same commit, run again: the one level that a liar cannot pass (incident I10)."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from hub_runner import report
from hub_runner.checkout import committed
from hub_runner.engine import images
from hub_runner.engine.client import connect
from hub_runner.errors import EnvironmentFailure, Interrupted
from hub_runner.exit_codes import ExitCode
from hub_runner.host import signals
from hub_runner.plan import plans
from hub_runner.proof.comparison import Comparison
from hub_runner.proof.disagreement import Disagreement, Reason
from hub_runner.proof.waived_findings import weakened
from hub_runner.proof.worktree import clean_worktree
from hub_runner.report.phrases import settings_flags
from hub_runner.requirements import store
from hub_runner.result import Result
from hub_runner.run import run
from hub_runner.settings import OPTIONS, OWN_FOLDER, Settings, load

CALLED = "in the rerun"
TRIES = 2  # if the first does not agree, the second tells what comes and goes from what never comes
# What a claimed command line may say of the rerun: what the tests are about. Whatever weakens a check, or says what happens
# on the machine of whoever verifies, stands in the commit, or is not done.
REPEATED = (
    *("with", "demo", "languages", "lifecycle", "upgrade-from", "uninstall", "internet"),
    *("test-timeout", "single-test-timeout"),
)
# Settings of a machine or of its user, which change no outcome: nobody misses them.
OF_THE_MACHINE = (
    *("output", "ports", "wait-for-port", "keep", "cold", "cache-limit", "cache-registry", "cache-push", "cache-timeout"),
    *("health-timeout", "pull-timeout", "sign", "signing-key", "allowed-signers", "report-pictures", "fresh-requirements"),
    *("project", "coverage", "coverage-branches"),
)
# Ends of a rerun from which nothing is learned about the claim.
NOTHING_LEARNED = (ExitCode.ENVIRONMENT, ExitCode.NO_FREE_PORT, ExitCode.CLEANUP_INCOMPLETE, ExitCode.DEFECT)


def rerun(claimed: Result, settings: Settings, reference: str | None) -> Generator[Result, None, None]:
    """The results of new runs of what ``claimed`` is about: cold, in a clean worktree, with requirements added anew.

    Each is run when it is asked for. Raises UsageError or EnvironmentFailure if it could not begin, Interrupted.
    """
    commit = committed.commit_of(settings.root, reference or claimed.info.commit or "")
    same_images(claimed)
    with signals.held() as arrived, clean_worktree(settings.root, commit) as root:
        flags = {
            **repeated_flags(claimed.info.command),
            "cold": True,
            "fresh_requirements": True,
            "project": settings.project,
        }
        again = load(root, flags={**flags, "output": str(kept_in(settings).resolve())})
        for _ in range(TRIES):
            if arrived.received:
                raise Interrupted(arrived.received[0])
            (plan,) = plans([claimed.info.module], again, command=claimed.info.command, environ=os.environ)
            result = run(plan, report.reporting(again), arrived)
            forget_images_of(result.info.run_id)
            if result.return_code > ExitCode.SIGNALLED:
                raise Interrupted(result.return_code - ExitCode.SIGNALLED)
            if result.return_code in NOTHING_LEARNED:
                why = result.verdict.problems[0].message
                raise EnvironmentFailure(f"The rerun came to no verdict, so nothing is learned about the claim: {why}")
            yield result


def repeated_flags(command: Sequence[str]) -> dict[str, str | bool]:
    """The settings of a run's command line that its rerun repeats, by their fields."""
    return {name: value for name, option, value in _flags(command) if option in REPEATED}


def passed_over(command: Sequence[str]) -> list[str]:
    """The flags of a run's command line that its rerun does not repeat, although they may change an outcome."""
    return [f"--{option}" for _, option, _ in _flags(command) if option not in (*REPEATED, *OF_THE_MACHINE)]


def _flags(command: Sequence[str]) -> Iterator[tuple[str, str, str | bool]]:
    """Field, option and value of each setting on a command line."""
    for word in settings_flags(command):
        name, equals, value = word.removeprefix("--").partition("=")
        positive = name if name in OPTIONS else name.removeprefix("no-")
        if positive in OPTIONS:
            yield OPTIONS[positive].name, positive, value if equals else positive == name


def forget_images_of(run_id: str) -> None:
    """Removes the image with added packages that a run had for itself alone."""
    engine = connect()
    for derived in store.derived_images(engine):
        if derived.about.get("only_for") == run_id:
            store.remove(engine, derived)


def same_images(claimed: Result) -> None:
    """Raises EnvironmentFailure if an image here is another one than that of the run."""
    engine = connect()
    for service, image in claimed.info.images.items():
        if not images.present(engine.client, image.reference):
            raise EnvironmentFailure(
                f"The run of {service} had the image {image.reference} ({image.digest}), which is not here. Pull or load it."
            )
        if (found := engine.digest(image.reference)) != image.digest:
            advice = f" It is here by another name: `docker tag {image.digest} {image.reference}`."
            here = advice if images.present(engine.client, image.digest) else " Pull or load that one."
            raise EnvironmentFailure(f"The image {image.reference} is {found} here, and the run had {image.digest}.{here}")


@dataclass(frozen=True, kw_only=True)
class Reruns:
    """What came of the reruns. ``conditions`` are those that were not the same as in the run."""

    disagreements: tuple[Disagreement, ...]
    conditions: tuple[str, ...]


def compared(claimed: Result, results: Iterator[Result], root: Path, commit: str) -> Reruns:
    """Compares with the first of ``results``. If a test does not agree, the second tells what kind of difference it is.

    ``root`` and ``commit`` say which settings may let a finding pass.
    """
    rerun = next(results)
    first = Comparison(here=claimed, there=rerun, called=CALLED)
    found = [*_other_images(first), *(item for item in first.disagreements() if item.reason is not Reason.DIFFERS)]
    found += weakened(rerun.verdict.waived, root, commit)
    if differing := first.differing():
        second = Comparison(here=claimed, there=next(results), called=CALLED)
        found += _explained(differing, second.differing())
    over = passed_over(claimed.info.command)
    said = [f"flags of the run, which the commit does not have: {', '.join(over)}"] if over else []
    return Reruns(disagreements=tuple(found), conditions=(*first.conditions(), *said))


def _explained(first: Mapping[str, str], second: Mapping[str, str]) -> Iterator[Disagreement]:
    for test in dict.fromkeys((*first, *second)):
        if first.get(test) == second.get(test):
            why = "Two reruns did the same: it depends on the day or on the machine, or the claim is not true"
        elif test in first and test in second:
            why = f"The second one did otherwise again ({second[test]}): it is flaky"
        else:
            why = f"The {'second' if test in first else 'first'} of two reruns agreed: it is flaky"
        yield Disagreement(reason=Reason.DIFFERS, text=f"{first.get(test) or second[test]} {why}.")


def _other_images(comparison: Comparison) -> Iterator[Disagreement]:
    here, there = comparison.here.info.images, comparison.there.info.images
    for service, image in there.items():
        if service in here and here[service].digest != image.digest:
            text = f"The rerun had {image.digest} for {service}, and the run {here[service].digest}."
            yield Disagreement(reason=Reason.OTHER_IMAGES, text=text)


def kept_in(settings: Settings) -> Path:
    """Where the files of reruns are kept."""
    return settings.output_folder / OWN_FOLDER / "reruns"
