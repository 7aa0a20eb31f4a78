"""Whether the modules that were tested are those of a commit, and whether the tests written there are those that ran."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from hub_runner.checkout import committed, snapshot, testfiles
from hub_runner.checkout.committed import NotCommitted
from hub_runner.checkout.testfiles import TestFile
from hub_runner.proof.bundle import Bundle, ClaimedTree
from hub_runner.proof.disagreement import Disagreement, Reason
from hub_runner.proof.log_agreement import begun_tests
from hub_runner.proof.needed_modules import all_listed
from hub_runner.proof.waived_findings import below_the_floor, left_out, weakened
from hub_runner.result import Outcome
from hub_runner.settings import LOG, PROOF, RESULT
from hub_runner.text import listed
from hub_runner.verdict.unrun import NO_TEST

_MULTIPLIERS = {"parameterized_class", "parameterized"}  # decorators of parameterized, and the library by its name
MOST = 8  # files, or tests, that are told of one module


def source_agrees(bundle: Bundle, root: Path, reference: str | None) -> Iterator[Disagreement]:
    """Against the commit that the run names, or ``reference`` if the user names one. ``root`` is the checkout here."""
    info = bundle.result.info
    if info.dirty is not False and reference is None:
        said = "had uncommitted changes" if info.dirty else "may have had uncommitted changes (git could not tell)"
        yield Disagreement(reason=Reason.DIRTY, text=f"{RESULT} says that the checkout {said} when it was tested.")
    if reference is None and info.commit is None:
        yield Disagreement(reason=Reason.NO_COMMIT, text=f"{RESULT} names no commit, so nobody can say what was tested.")
        return
    try:
        commit = committed.commit_of(root, reference or info.commit or "")
    except NotCommitted as error:
        yield Disagreement(reason=Reason.NO_COMMIT, text=f"{error}.")
        return
    yield from weakened(bundle.result.verdict.waived, root, commit)
    yield from left_out(bundle.result, root, commit)
    yield from below_the_floor(bundle.result.verdict, root, commit)
    if snapshot.digest(bundle.trees[info.module].files if info.module in bundle.trees else {}) != info.module_tree:
        text = f"The files of {info.module} that {PROOF} lists do not come to the module tree that {RESULT} names."
        yield Disagreement(reason=Reason.CONTRADICTION, text=text)
    yield from all_listed(bundle, root, commit)
    for name, tree in bundle.trees.items():
        yield from _module_agrees(bundle, name, tree, root, commit)


def _module_agrees(bundle: Bundle, name: str, tree: ClaimedTree, root: Path, commit: str) -> Iterator[Disagreement]:
    if tree.folder is None:  # it came from another repository or a package: this git knows nothing of it
        if name == bundle.result.info.module:
            text = f"{name} did not lie in the checkout when it was tested, so no commit here says what it was."
            yield Disagreement(reason=Reason.NO_COMMIT, text=text)
        return
    try:
        files = committed.files(root, commit, tree.folder)
    except NotCommitted as error:
        yield Disagreement(reason=Reason.NO_COMMIT, text=f"{name}: {error}.")
        return
    differences = committed.differences(tree.files, snapshot.sums(files))
    for difference in listed(differences, MOST):
        yield Disagreement(
            reason=Reason.OTHER_FILES, text=f"{tree.folder}/{difference}: {name} is not as in commit {commit[:12]}."
        )
    if name == bundle.result.info.module:
        yield from _tests_agree(bundle, tree, files, commit)


def _tests_agree(bundle: Bundle, tree: ClaimedTree, files: Mapping[str, bytes], commit: str) -> Iterator[Disagreement]:
    written = testfiles.scan(files)
    verdict = bundle.result.verdict
    ran = {(_below(outcome, tree), outcome.cls, outcome.method) for outcome in verdict.outcomes}
    texts: list[str] = []
    begun = begun_tests(bundle) - {outcome.name for outcome in verdict.outcomes}
    definitions = Counter((test.cls, test.method) for file in written for test in set(file.tests))
    for file in written:
        for test in file.tests:
            known = {(path, test.cls, test.method) for path in (file.path, None)}
            if definitions[test.cls, test.method] == 1:  # a decorator's own file is that of the code that it makes
                known |= {place for place in ran if place[1:] == (test.cls, test.method) and place[0] in files}
            if not ran.isdisjoint(known):
                continue
            at, why = (
                f"{tree.folder}/{file.path}, line {test.line}: {test.name}",
                verdict.unrun.get(f"{file.path}:{test.name}"),
            )
            if why is None:
                texts.append(f"{at} is in the commit, and did not run")
            elif why == NO_TEST and test.name in begun and not test.nested:  # a nested one is run by the test that holds it
                texts.append(f"{at} begins in {LOG}, and {RESULT} says: {why}")
    for path, cls, method in sorted(ran, key=str):
        if path is not None and cls.encode() not in files.get(path, b"") and not _is_written(cls, path, written, files):
            texts.append(f"{RESULT}: {cls}.{method} is not in {tree.folder}/{path} of the commit")
    for text in listed(texts, MOST):
        yield Disagreement(reason=Reason.OTHER_TESTS, text=f"{text} ({commit[:12]}).")


def _is_written(cls: str, path: str, written: Sequence[TestFile], files: Mapping[str, bytes]) -> bool:
    """Whether the class stands in a file of tests. Its method may stand in another file: inherited, or in a decorator."""
    return path in files and any(_is_of(cls, file) for file in written)


def _is_of(cls: str, file: TestFile) -> bool:
    """Whether the class stands in the file, or is one of those that ``@parameterized_class`` makes of it: TestRock_0_a."""
    made = (re.fullmatch(rf"{re.escape(known)}_\d+(_\w+)?", cls) for known in file.bases)
    return cls in file.bases or (not file.words.isdisjoint(_MULTIPLIERS) and any(made))


def _below(outcome: Outcome, tree: ClaimedTree) -> str | None:
    """The file of a test below the module's folder; None if Odoo could not tell it."""
    return outcome.file.removeprefix(f"{tree.folder}/") if outcome.file else None


def all_pinned(bundle: Bundle) -> Iterator[Disagreement]:
    """Whether what the tests ran on can be had again: each image by its digest, each added package by its version."""
    info = bundle.result.info
    if not info.images:
        yield Disagreement(reason=Reason.NOT_PINNED, text=f"{RESULT} names no image that the tests ran on.")
    for service, image in info.images.items():
        name, _, digits = image.digest.partition(":")
        if name != "sha256" or len(digits) != 64 or set(digits) - set("0123456789abcdef"):
            text = f"{RESULT} names the image of {service} ({image.reference}) without its digest: {image.digest!r}."
            yield Disagreement(reason=Reason.NOT_PINNED, text=text)
    for package in info.packages:
        if len(package.split()) != 2 and "==" not in package:
            yield Disagreement(reason=Reason.NOT_PINNED, text=f"{RESULT} names the package {package!r} without its version.")
