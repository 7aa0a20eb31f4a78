"""Whether the files of a run agree with their checksums and with each other; each disagreement is told with its place."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator

from hub_runner.host.files import BROKEN
from hub_runner.proof.bundle import Bundle, Unreadable
from hub_runner.proof.disagreement import Disagreement, Reason, of_no_run
from hub_runner.proof.junit_agreement import junit_with_result
from hub_runner.proof.log_agreement import log_with_result, log_with_tests
from hub_runner.proof.result_agreement import result_with_itself, statement_with_result
from hub_runner.report import log_lines, sums
from hub_runner.report.output_folder import HEAD, MARKS
from hub_runner.report.statement import COVERED, OPTIONAL
from hub_runner.settings import LOG, PROOF, RESULT
from hub_runner.text import listed

MOST = 8  # places that are told of one file
WITHOUT_OPTIONAL = ("0.1.0",)  # versions of hub-runner that had no checksum of some of these files
_EVIDENCE = re.compile(rb"sha256 of the (\d+) bytes above: ([0-9a-f]{64})\n")


def files_agree(bundle: Bundle) -> Iterator[Disagreement]:
    """All that the files of a run can show without the repository."""
    missing = [name for name in (*COVERED, PROOF) if name not in bundle.contents]
    for name in missing:
        yield Disagreement(reason=Reason.MISSING, text=f"{name} is not there, so what it says cannot be compared.")
    for check in CHECKS:
        try:
            yield from check(bundle)
        except Unreadable as error:
            if not any(str(error).startswith(name) for name in missing):
                yield Disagreement(reason=Reason.UNREADABLE, text=f"{error}.")
        except BROKEN as error:
            yield of_no_run(error)


def _with_sums(bundle: Bundle) -> Iterator[Disagreement]:
    for name, known in bundle.sums.items():
        data = bundle.contents.get(name)
        if data is not None and hashlib.sha256(data).hexdigest() != known.sha256:
            places = [f"{name}: {place}" for place in _places(bundle, name)] or [f"{name} was changed"]
            for place in listed(places, MOST):
                yield Disagreement(reason=Reason.CHANGED, text=f"{place} since the run ended, as the sums in {PROOF} show.")
    ours = [name for name in OPTIONAL if MARKS[name] in bundle.contents.get(name, b"")[:HEAD]]  # other tools write such, too
    wanted = COVERED if bundle.version in WITHOUT_OPTIONAL else (*COVERED, *ours)
    if lacking := [name for name in wanted if name not in bundle.sums]:
        yield Disagreement(reason=Reason.CHANGED, text=f"{PROOF} has no checksum of {', '.join(lacking)}.")


def _places(bundle: Bundle, name: str) -> list[str]:
    known = bundle.sums[name]
    try:
        if known.parts is not None:
            return sums.changed_parts(known.parts, bundle.document)
        return sums.changed_lines(known.lines, bundle.contents[name]) if known.lines else []
    except (Unreadable, *BROKEN):
        return []


def _log_with_itself(bundle: Bundle) -> Iterator[Disagreement]:
    """The last words of a log are the sum of all that stands above them."""
    log = bundle.contents.get(LOG)
    if log is None:
        return
    matches = list(_EVIDENCE.finditer(log, max(0, len(log) - 1000)))
    if not matches:
        lines = log.count(b"\n")
        yield Disagreement(reason=Reason.UNREADABLE, text=f"{LOG} is cut off: line {lines}, its last, is not its checksum.")
        return
    size, digest = int(matches[-1][1]), matches[-1][2].decode()
    if log[size:] != log_lines.evidence(size, digest).encode():
        yield Disagreement(
            reason=Reason.CHANGED,
            text=f"{LOG}: its checksum does not stand at its end, after the {size} bytes it names.",
        )
    if hashlib.sha256(log[:size]).hexdigest() != digest:
        yield Disagreement(
            reason=Reason.CHANGED, text=f"{LOG}: the {size} bytes above its checksum are not those of its run."
        )
    whole = bundle.document.get("log_sha256")
    if hashlib.sha256(log).hexdigest() != whole:
        yield Disagreement(
            reason=Reason.CHANGED, text=f"{LOG} is not the one that {RESULT} names by its sha256 (log_sha256)."
        )


CHECKS: tuple[Callable[[Bundle], Iterator[Disagreement]], ...] = (
    _with_sums,
    _log_with_itself,
    result_with_itself,
    statement_with_result,
    log_with_result,
    log_with_tests,
    junit_with_result,
)
