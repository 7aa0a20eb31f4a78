"""``hub-runner verify``: what the files of a run prove, level by level, and what they do not."""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from hub_runner.errors import UsageError
from hub_runner.exit_codes import ExitCode
from hub_runner.host.files import BROKEN
from hub_runner.proof.batch import Batch, batch_file, read
from hub_runner.proof.bundle import Bundle, Unreadable, find
from hub_runner.proof.checksums import files_agree
from hub_runner.proof.commit_agreement import all_pinned, source_agrees
from hub_runner.proof.comparison import Comparison
from hub_runner.proof.disagreement import Disagreement, Level, Reason, of_no_run
from hub_runner.proof.rerun import compared, kept_in, rerun
from hub_runner.proof.signers import Check, allowed_signers
from hub_runner.report import phrases
from hub_runner.report.statement import OPTIONAL
from hub_runner.settings import BATCH_JSON, PROOF, SIGNATURE, Settings
from hub_runner.text import Careful, counted, inert, listed, one_line

TITLES = {
    Level.WHOLE: "L0 whole: the files agree with each other, with their checksums and with the commit",
    Level.WHOSE: "L1 whose: signed by somebody whom the repository knows",
    Level.TRUE: "L2 true:  the same commit was run again, and did the same",
}
LIMITS = {  # what a level does not prove
    Level.WHOLE: "Whoever lets the tool write all files anew passes level 0: --level 1 asks whose files they are.",
    Level.WHOSE: "Whoever holds an allowed key can sign what is not true: --rerun runs the commit again.",
    Level.TRUE: "The tests do what the claim says, here and now. Whether they ask enough, only a reader can tell.",
}


@dataclass(frozen=True, kw_only=True)
class Request:
    """What is to be verified. ``target`` is a folder, a file of a run, a run id or a module; None is the last run."""

    target: str | None = None
    level: Level = Level.WHOLE
    commit: str | None = None  # a reference of git to compare with in place of the commit that the run names
    signer: str | None = None  # a pattern for the name of whoever signed
    against: str | None = None  # another result to compare with, as ``target``
    rerun: bool = False  # run the commit again; level 2 does, and asks for a signature, too

    @property
    def reruns(self) -> bool:
        return self.rerun or self.level >= Level.TRUE


def verify(request: Request, settings: Settings, out: TextIO) -> int:
    """Says what is proven. Returns 0 if that is all that was asked for, else 1.

    Of a command with several modules each run is verified, and whether batch.json tells of them. Raises UsageError, or
    EnvironmentFailure if something could not be checked here.
    """
    screen = Careful(out)
    if path := batch_file(settings.output_folder, request.target):
        proven = _verified_batch(screen, read(path), request, settings)
    else:
        proven = _verified(screen, find(settings.output_folder, request.target), request, settings)
    screen.write(f"\n{_ending(request, proven)}\n")
    return ExitCode.PASSED if proven else ExitCode.TESTS_FAILED


def _verified_batch(screen: Careful, batch: Batch, request: Request, settings: Settings) -> bool:
    if request.against:
        raise UsageError("--against compares two runs of one module: name the folder of one run, or its module.")
    proven = {}
    for module, run in batch.runs.items():
        proven[module] = _verified(screen, run, request, settings)
        screen.write("\n")
    screen.write(f"{BATCH_JSON} claims: {_line(batch.claim)}\n")
    found = list(batch.disagreements())
    for disagreement in found:
        screen.write(f"  {disagreement.reason}: {_line(disagreement.text)}\n")
    for module, is_proven in proven.items():
        screen.write(f"  {_line(module)}: {'proven' if is_proven else 'NOT PROVEN, see above'}\n")
    return not found and all(proven.values())


def _verified(screen: Careful, bundle: Bundle, request: Request, settings: Settings) -> bool:
    """Says what one run proves. Whether that is all that was asked for."""
    screen.write(f"{_claim(bundle)}\n")
    whole = list(whole_disagreements(bundle, settings.root, request.commit))
    _show(screen, Level.WHOLE, whole, _basis(bundle, request.commit))
    proven = not whole
    asked = request.level >= Level.WHOSE or bool(request.signer)
    if asked or SIGNATURE in bundle.contents:
        check = signature_check(bundle, settings, request.signer)
        whose = list(check.disagreements())
        _show(screen, Level.WHOSE, whose, _signed_by(check))
        proven = proven and not (whose and asked)
    else:
        screen.write(f"\n{TITLES[Level.WHOSE]}: not asked for, and not signed\n")
    if request.against:
        proven = _compared(screen, bundle, request.against, settings) and proven
    if not request.reruns:
        screen.write(f"\n{TITLES[Level.TRUE]}: not asked for (--rerun)\n")
    elif not proven:
        screen.write(f"\n{TITLES[Level.TRUE]}: not tried, because what comes before it is not proven\n")
    else:
        results = rerun(bundle.result, settings, request.commit)
        with contextlib.closing(results):
            commit = request.commit or bundle.result.info.commit or ""
            reruns = compared(bundle.result, results, settings.root, commit)
        basis = (f"files of the reruns: {kept_in(settings)}", *(f"not the same: {it}" for it in reruns.conditions))
        _show(screen, Level.TRUE, reruns.disagreements, basis)
        proven = not reruns.disagreements
    return proven


def _ending(request: Request, proven: bool) -> str:
    level = Level.TRUE if request.reruns else max(request.level, Level.WHOSE if request.signer else Level.WHOLE)
    unsigned = ", without a signature" if request.reruns and request.level < Level.WHOSE and not request.signer else ""
    if not proven:
        return f"NOT PROVEN at level {level.value}{unsigned}."
    return f"PROVEN at level {level.value}{unsigned}. {LIMITS[level]}".rstrip()


def whole_disagreements(bundle: Bundle, root: Path, reference: str | None) -> Iterator[Disagreement]:
    """All that level 0 finds."""
    yield from files_agree(bundle)
    try:
        result = bundle.result
        if not result.verdict.passed:
            text = f"The run says itself that it did not pass (exit code {result.return_code})."
            yield Disagreement(reason=Reason.NOT_PASSED, text=text)
        if part := result.verdict.part:
            text = f"Only a part of the tests was asked for ({part}): this is no verdict on {result.info.module}."
            yield Disagreement(reason=Reason.PART, text=text)
        yield from all_pinned(bundle)
        yield from source_agrees(bundle, root, reference)
    except Unreadable:
        return  # files_agree has said so
    except BROKEN as error:
        yield of_no_run(error)


def signature_check(bundle: Bundle, settings: Settings, signer: str | None) -> Check:
    """The time that counts is that of the run's end, as git takes that of a commit."""
    try:
        moment = bundle.result.finished
        moment.astimezone(dt.UTC)  # the first and the last day of the calendar have no such time
    except (Unreadable, *BROKEN):
        moment = None
    return Check(
        statement=bundle.contents.get(PROOF, b""),
        armoured=bundle.contents.get(SIGNATURE),
        allowed=allowed_signers(settings),
        moment=moment,
        wanted=signer,
    )


def _compared(screen: Careful, bundle: Bundle, against: str, settings: Settings) -> bool:
    """Compares with another result, which may be from another machine. Whether they agree. Raises UsageError."""
    try:
        here = bundle.result
        other = _of_module(here.info.module, against, settings)
        screen.write(f"\nAgainst {_claim(other)}\n")
        there = other.result
    except Unreadable as error:
        screen.write(f"  {Reason.UNREADABLE}: {_line(str(error))}\n")
        return False
    if here.info.module != there.info.module:
        raise UsageError(
            f"--against compares two runs of one module: {against} is one of {there.info.module}, and here "
            f"{here.info.module} is verified. Name the folder of another run of it."
        )
    return _differences(screen, Comparison(here=here, there=there, called="there"))


def _of_module(module: str, against: str, settings: Settings) -> Bundle:
    """The run that ``against`` means; that of ``module`` if it means a command of several. Raises UsageError."""
    if path := batch_file(settings.output_folder, against):
        if run := read(path).runs.get(module):
            return run
        raise UsageError(f"{path} has no run of {module} whose files can be found.")
    return find(settings.output_folder, against)


def _differences(screen: Careful, comparison: Comparison) -> bool:
    found = list(comparison.disagreements())
    screen.write(f"  {_line(comparison.summary)}; {counted(len(found), 'difference')}\n")
    for disagreement in found:
        screen.write(f"  {disagreement.reason}: {_line(disagreement.text)}\n")
    for condition in comparison.conditions():
        screen.write(f"  not the same: {_line(condition)}\n")
    return not found


def _claim(bundle: Bundle) -> str:
    try:
        return _line(f"{bundle.result.info.run_id} claims: {phrases.verdict(bundle.result)}")
    except Unreadable:
        return _line(f"The files in {bundle.folder} make no claim that can be read.")


def _line(text: str) -> str:
    """``text`` on one line that neither a terminal nor GitHub's runner takes for a command: the files are a stranger's."""
    return inert(one_line(text))


def _basis(bundle: Bundle, reference: str | None) -> Iterator[str]:
    """What was compared: a proof says what it is about."""
    yield f"files: {', '.join(_compared_files(bundle))} in {bundle.folder}"
    try:
        info, verdict = bundle.result.info, bundle.result.verdict
        yield f"commit: {reference or info.commit}, modules: {', '.join(bundle.trees)}"
        yield f"tests: {len(verdict.outcomes)} ran, {len(verdict.unrun)} of the written ones did not, with reasons"
        yield "images: " + ", ".join(f"{image.reference} {image.digest[:19]}" for image in info.images.values())
        if info.stand_in:
            yield f"STAND-IN: {info.stand_in}"
        if others := [module for module, tree in bundle.trees.items() if tree.folder is None]:
            yield f"not compared with the commit, because they came from elsewhere: {', '.join(others)}"
        for finding in listed(verdict.waived):
            yield f"let pass: {finding}"
        if info.packages:
            yield f"packages that were added: {', '.join(info.packages)}"
    except (Unreadable, *BROKEN):
        return


def _compared_files(bundle: Bundle) -> Iterator[str]:
    """A report of another tool may have the name of one of ours."""
    known: Container[str]
    try:
        known = bundle.sums
    except Unreadable:
        known = ()
    return (name for name in bundle.contents if name in known or name not in OPTIONAL)


def _signed_by(check: Check) -> Iterator[str]:
    if names := check.principals():
        yield f"signed by: {', '.join(names)}, as {check.allowed} has it"


def _show(screen: Careful, level: Level, found: Sequence[Disagreement], basis: Iterable[str]) -> None:
    verdict = f"NO, {counted(len(found), 'disagreement')}" if found else "yes"
    screen.write(f"\n{TITLES[level]}: {verdict}\n")
    for line in basis:
        screen.write(f"  {_line(line)}\n")
    for disagreement in found:
        screen.write(f"  {disagreement.reason}: {_line(disagreement.text)}\n")
