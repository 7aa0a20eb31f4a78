"""The tool itself wrote all files, and they agree with each other; what they claim of the commit is not true."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Any

from hub_runner.proof.disagreement import Reason
from hub_runner.result import Outcome, Problem, Result, Status
from hub_runner.settings import PROOF, RESULT
from tests.unit.proof import honest
from tests.unit.proof.forgeries.forgery import Forgery
from tests.unit.proof.honest import NAMES, Run, outcome


def of_other_files() -> Iterator[Forgery]:
    """The run was as it says, but of files that are not those of the commit."""
    for path in ("traction/models.py", "traction/__manifest__.py", "traction/tests/test_rock.py", "rocks/models.py"):
        place = f"addons/{path} is another one: {path.partition('/')[0]} is not as in commit"
        act = partial(_tested_with, path=path, text="{}\n" if path.endswith("manifest__.py") else "# another\n")
        yield Forgery(f"{path} was another one", act, Reason.OTHER_FILES, place)
    yield Forgery(
        "a file more",
        partial(_tested_with, path="traction/secret.py", text=""),
        Reason.OTHER_FILES,
        "addons/traction/secret.py is not committed",
    )
    yield Forgery(
        "a file less",
        partial(_tested_with, path="traction/models.py", text=None),
        Reason.OTHER_FILES,
        "addons/traction/models.py is committed and was not tested",
    )
    yield Forgery("a dirty tree", _dirty, Reason.DIRTY, "had uncommitted changes when it was tested")
    yield Forgery(
        "a module tree that its files do not come to",
        lambda run: run.anew(_informed(run, module_tree="sha256:" + "5" * 64)),
        Reason.CONTRADICTION,
        f"files of traction that {PROOF} lists do not come to the module tree",
    )


def _tested_with(run: Run, path: str, text: str | None) -> None:
    """The files of the run are written by the tool itself, which saw other files than those that are committed."""
    target = run.root / "addons" / path
    target.unlink(missing_ok=True)
    if text is not None:
        target.write_text(text)
    changed = honest.result(run.root, run.honest.info.commit or "")
    honest.git(run.root, "checkout", "-q", "-f", "--", ".")
    run.anew(changed)


def _dirty(run: Run) -> None:
    run.anew(_informed(run, dirty=True))


def _informed(run: Run, **values: Any) -> Result:
    return replace(run.honest, info=replace(run.honest.info, **values))


def of_other_tests() -> Iterator[Forgery]:
    """The files agree in all: the tool itself wrote them for a result that is not true."""
    for cls, method in NAMES:
        place = rf"addons/traction/tests/test_rock.py, line \d+: {cls}.{method} is in the commit, and did not run"
        yield Forgery(f"{method} dropped everywhere", partial(_drop, method=method), Reason.OTHER_TESTS, place)
    yield Forgery(
        "a test that nobody wrote",
        partial(_add, test=outcome("TestDream", "test_all")),
        Reason.OTHER_TESTS,
        rf"{RESULT}: TestDream.test_all is not in addons/traction/tests/test_rock.py",
    )
    yield Forgery(
        "a test of a file that nobody wrote",
        partial(_add, test=replace(outcome("TestRock", "test_all"), file="addons/traction/tests/test_dream.py")),
        Reason.OTHER_TESTS,
        rf"{RESULT}: TestRock.test_all is not in addons/traction/tests/test_dream.py",
    )
    yield Forgery(
        "a failure that makes no problem",
        lambda run: run.anew(_with(run, *_outcomes(run)[:3], outcome("TestIssue", "test_open", Status.FAILED))),
        Reason.CONTRADICTION,
        f"{RESULT} has no problem, although these tests failed: TestIssue.test_open",
    )
    yield Forgery("passed without a test", lambda run: run.anew(_with(run)), Reason.CONTRADICTION, "no test of it ran")
    skipped = [outcome(*name, Status.SKIPPED, reason="x") for name in NAMES]
    yield Forgery("all skipped", lambda run: run.anew(_with(run, *skipped)), Reason.CONTRADICTION, "no test of it ran")
    yield Forgery("a run that failed", _failed, Reason.NOT_PASSED, r"says itself that it did not pass \(exit code 1\)")
    yield Forgery(
        "a failed run made green in the result", _failed_and_edited, Reason.CONTRADICTION, "says otherwise|although"
    )


def _outcomes(run: Run) -> tuple[Outcome, ...]:
    return run.honest.verdict.outcomes


def _with(run: Run, *outcomes: Outcome) -> Result:
    return replace(run.honest, verdict=replace(run.honest.verdict, outcomes=outcomes))


def _drop(run: Run, method: str) -> None:
    run.anew(_with(run, *(test for test in _outcomes(run) if test.method != method)))


def _add(run: Run, test: Outcome) -> None:
    run.anew(_with(run, *_outcomes(run), test))


def _failed(run: Run) -> None:
    tests = (*_outcomes(run)[:3], outcome("TestIssue", "test_open", Status.FAILED, traceback="Traceback"))
    problem = Problem(kind="tests_failed", message="1 of 4 tests failed.", return_code=1)
    run.anew(replace(run.honest, verdict=replace(run.honest.verdict, outcomes=tests, problems=(problem,))))


def _failed_and_edited(run: Run) -> None:
    _failed(run)

    def green(document: dict[str, Any]) -> None:
        document.update(passed=True, return_code=0, problems=[])

    run.edit_result(green)
    run.mend_proof()


def of_another_commit() -> Iterator[Forgery]:
    unknown = "a" * 40
    yield Forgery(
        "a commit that nobody has",
        lambda run: run.anew(_informed(run, commit=unknown)),
        Reason.NO_COMMIT,
        f"There is no commit {unknown!r}",
    )
    yield Forgery("no commit", lambda run: run.anew(_informed(run, commit=None)), Reason.NO_COMMIT, "names no commit")
    yield Forgery(
        "an option of git as the commit",
        lambda run: run.anew(_informed(run, commit="--all")),
        Reason.NO_COMMIT,
        "There is no commit '--all'",
    )
    yield Forgery("a later commit is claimed", _claim_later, Reason.OTHER_FILES, "addons/traction/models.py is another one")


def _claim_later(run: Run) -> None:
    (run.root / "addons/traction/models.py").write_text("ESCALATE = 4\n")
    later = honest.commit(run.root)
    run.anew(replace(run.honest, info=replace(run.honest.info, commit=later)))


def unpinned() -> Iterator[Forgery]:
    def images(run: Run, digest: str) -> None:
        odoo = replace(run.honest.info.images["odoo"], digest=digest)
        run.anew(_informed(run, images={**run.honest.info.images, "odoo": odoo}))

    for digest in ("", "latest", "sha256:12", "md5:" + "1" * 64):
        yield Forgery(
            f"image {digest!r}", partial(images, digest=digest), Reason.NOT_PINNED, "image of odoo .* without its digest"
        )
    yield Forgery("no images", lambda run: run.anew(_informed(run, images={})), Reason.NOT_PINNED, "names no image")
    yield Forgery(
        "package without a version",
        lambda run: run.anew(_informed(run, packages=("requests",))),
        Reason.NOT_PINNED,
        "package 'requests' without its version",
    )
