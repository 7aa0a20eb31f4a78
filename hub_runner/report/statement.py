"""``proof.json``: what a run claims, as an in-toto statement with the test-result predicate. It can be signed and verified.

The library in-toto-attestation reads and writes such statements by protobuf. It knows no more of this predicate than its
fields, so it would add a compiled dependency to write one JSON object: here that is a dict of a few lines.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path

import hub_runner
from hub_runner.checkout.snapshot import digest
from hub_runner.observers import Observer
from hub_runner.report import sums
from hub_runner.report.junit import class_name
from hub_runner.report.log import LogFile
from hub_runner.report.result_file import Json, dumps, to_json, write
from hub_runner.report.signature import NotSigned, Signer
from hub_runner.result import Outcome, Result, RunInfo, Status
from hub_runner.settings import COVERAGE_XML, JUNIT, LCOV, LOG, PROOF, REPORT, RESULT, SIGNATURE

STATEMENT = "https://in-toto.io/Statement/v1"
PREDICATE = "https://in-toto.io/attestation/test-result/v0.1"
OWN = "hubRunner"  # our extension of the predicate: consumers of the standard ignore what they do not know
COVERED = (LOG, RESULT, JUNIT)  # the files that the statement has the checksums of
OPTIONAL = (COVERAGE_XML, LCOV, REPORT)  # of these, too, if they are there


def statement(result: Result, files: Json, version: str = hub_runner.__version__) -> Json:
    """``files`` are the checksums of the files that the run wrote, by name; ``version`` is hub-runner's own."""
    info, verdict = result.info, result.verdict
    subject = {"sha256": (info.module_tree or "").removeprefix("sha256:")}
    if info.commit and info.dirty is False:
        subject["gitCommit"] = info.commit
    return {
        "_type": STATEMENT,
        "subject": [{"name": info.module, "digest": subject}],
        "predicateType": PREDICATE,
        "predicate": {
            "result": "PASSED" if verdict.passed else "FAILED",
            "configuration": list(_configuration(info)),
            "passedTests": [name(outcome) for outcome in verdict.outcomes if outcome.status is Status.PASSED],
            "warnedTests": [name(outcome) for outcome in verdict.outcomes if outcome.status is Status.SKIPPED],
            "failedTests": [name(outcome) for outcome in verdict.failures],
            OWN: {
                "version": version,
                "run": info.run_id,
                "return_code": result.return_code,
                "started": info.started.isoformat(),
                "finished": result.finished.isoformat(),
                "commit": info.commit,
                "dirty": info.dirty,
                "packages": list(info.packages),
                "command": list(info.command),
                "modules": {module: _tree(info.root, module, info) for module in info.trees},
                "files": files,
            },
        },
    }


def name(outcome: Outcome) -> str:
    """A test as Python names it: two files may have a class of one name."""
    return f"{class_name(outcome)}.{outcome.method}"


def _configuration(info: RunInfo) -> Iterator[Json]:
    """What the tests ran on, by digest."""
    if info.commit:
        yield {"name": "commit", "digest": {"gitCommit": info.commit}}
    for service, image in info.images.items():
        digest = {"sha256": image.digest.removeprefix("sha256:")}
        yield {"name": f"image {service}", "digest": digest, "annotations": {"reference": image.reference}}


def _tree(root: Path, module: str, info: RunInfo) -> Json:
    """``folder`` is relative to the checkout; null if the module does not lie in there."""
    tree = info.trees[module]
    inside = tree.folder.relative_to(root).as_posix() if tree.folder.is_relative_to(root) else None
    return {"folder": inside, "digest": digest(tree.files), "files": dict(tree.files)}


def checksums(contents: Mapping[str, bytes], document: Json) -> Json:
    """The sha256 of each file; of the log also the sums of its lines, of the result (``document``) those of its parts."""
    known: Json = {file: {"sha256": hashlib.sha256(data).hexdigest(), "size": len(data)} for file, data in contents.items()}
    if LOG in contents:
        known[LOG]["lines"] = sums.of_lines(contents[LOG]) if len(contents[LOG]) <= sums.LARGE else []
    known[RESULT]["parts"] = sums.of_document(document)
    return known


def _of_large(log: Path) -> Json:
    """The checksums of a log that is too large to be read into memory; nothing if it is not. Raises OSError."""
    if (size := log.stat().st_size) <= sums.LARGE:
        return {}
    with log.open("rb") as file:
        return {LOG: {"sha256": hashlib.file_digest(file, "sha256").hexdigest(), "size": size, "lines": []}}


class StatementFile(Observer):
    """Writes ``proof.json`` when the files that it speaks of are complete."""

    def __init__(self, log: LogFile, signer: Signer | None = None) -> None:
        self._log, self._signer = log, signer

    def finished(self, result: Result) -> None:
        if self._log.sha256 is None:
            self._log.troubles.append(f"There is no {PROOF}: the log is not complete, so nothing can be proven by it.")
            return
        folder = self._log.folder.path
        try:
            large = _of_large(folder / LOG)
            files = [file for file in (*COVERED, *OPTIONAL) if file in COVERED or (folder / file).exists()]
            contents = {file: (folder / file).read_bytes() for file in files if file not in large}
        except OSError as error:
            self._log.troubles.append(f"There is no {PROOF}: {error}.")
            return
        document = to_json(result, log_sha256=self._log.sha256)
        data = (dumps(statement(result, {**large, **checksums(contents, document)})) + "\n").encode()
        write(self._log, PROOF, data)
        if self._signer:
            try:
                write(self._log, SIGNATURE, self._signer.sign(data))
            except NotSigned as error:
                self._log.troubles.append(f"{PROOF} is not signed: {error}.")
