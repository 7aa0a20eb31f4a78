from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from hub_runner.errors import EnvironmentFailure, UsageError
from hub_runner.proof.disagreement import Reason
from hub_runner.proof.rerun import Reruns, compared, passed_over, repeated_flags, rerun
from hub_runner.proof.worktree import PREFIX, clean_worktree, forget_worktrees
from hub_runner.result import Image, Result, Status
from hub_runner.settings import Settings
from tests.unit.proof import honest
from tests.unit.proof.honest import NAMES, Run, outcome
from tests.unit.report import samples

CLAIM = samples.result(*(outcome(*name) for name in NAMES))
TEST = "traction.tests.test_rock.TestIssue.test_open"


def ended(status: Status) -> Result:
    """As the claim, but for one test."""
    return samples.result(*CLAIM.verdict.outcomes[:3], outcome("TestIssue", "test_open", status))


def again(claim: Result, *reruns: Result) -> Reruns:
    return compared(claim, iter(reruns), Path("/nowhere"), "HEAD")


def told(*reruns: Result) -> list[str]:
    return [item.text for item in again(CLAIM, *reruns).disagreements]


def test_one_rerun_that_agrees_is_enough() -> None:
    assert told(CLAIM) == []


def test_a_test_that_never_passes_again_may_be_a_lie() -> None:
    (text,) = told(ended(Status.FAILED), ended(Status.FAILED))
    assert text.startswith(f"{TEST}: passed here, failed in the rerun. Two reruns did the same: it depends on the day")
    assert "or the claim is not true" in text


def test_a_test_that_comes_out_both_ways_is_flaky() -> None:
    (text,) = told(ended(Status.FAILED), CLAIM)
    assert text == f"{TEST}: passed here, failed in the rerun. The second of two reruns agreed: it is flaky."
    (text,) = told(ended(Status.FAILED), ended(Status.ERROR))
    assert "The second one did otherwise again" in text
    assert text.endswith("it is flaky.")


def test_a_test_that_only_the_second_rerun_lets_fail_is_told_too() -> None:
    other = samples.result(outcome("TestRock", "test_00", Status.FAILED), *CLAIM.verdict.outcomes[1:])
    texts = told(ended(Status.FAILED), other)
    assert len(texts) == 2
    assert "TestRock.test_00: passed here, failed in the rerun. The first of two reruns agreed: it is flaky." in texts[1]


def test_a_rerun_on_other_images_is_none() -> None:
    images = {**CLAIM.info.images, "odoo": Image(reference="odoo:18.0", digest="sha256:" + "9" * 64)}
    (item,) = again(CLAIM, replace(CLAIM, info=replace(CLAIM.info, images=images))).disagreements
    assert item.reason is Reason.OTHER_IMAGES
    assert "for odoo" in item.text


def test_a_rerun_of_other_files_is_told_and_not_tried_twice() -> None:
    other = replace(CLAIM, info=replace(CLAIM.info, module_tree="sha256:x", engine="another"))
    reruns = again(CLAIM, other)
    (item,) = reruns.disagreements
    assert [condition.partition(":")[0] for condition in reruns.conditions] == ["engine"]
    assert item.reason is Reason.OTHER_FILES


@pytest.mark.parametrize(
    ("words", "flags"),
    [
        ("run traction", {}),
        ("run traction --with rocks --no-demo --languages=fr_FR", {"with_": "rocks", "demo": "off", "languages": "fr_FR"}),
        ("run traction --no-internet --uninstall", {"internet": False, "uninstall": True}),
        ("run traction --ports 1-2 --keep --output /x --sign ssh --cold --cache-limit=0", {}),
        ("run traction --unknown 3 --root /etc --notes=x", {}),
        ("run traction --with", {"with_": ""}),
    ],
)
def test_the_settings_of_the_command_line_are_repeated_and_those_of_its_machine_are_not(
    words: str, flags: dict[str, str | bool]
) -> None:
    assert repeated_flags(("python", "-m", "hub_runner", *words.split())) == flags


def test_no_flag_that_weakens_a_check_or_rules_this_machine_is_repeated_and_each_is_named() -> None:
    """The command line is a stranger's word."""
    foreign = ("--forgotten-tests=ignore", "--waive", "x:y", "--compose-file=/x.yml", "--addons", "/etc")
    command = ("python", "-m", "hub_runner", "run", "traction", *foreign, "--ports=1-2", "--with=rocks")
    assert repeated_flags(command) == {"with_": "rocks"}
    assert passed_over(command) == ["--forgotten-tests", "--waive", "--compose-file", "--addons"]
    claim = replace(CLAIM, info=replace(CLAIM.info, command=command))
    assert again(claim, claim).conditions == (
        "flags of the run, which the commit does not have: --forgotten-tests, --waive, --compose-file, --addons",
    )


def test_what_only_the_machine_that_verifies_lets_pass_is_no_proof() -> None:
    lenient = replace(CLAIM, verdict=replace(CLAIM.verdict, waived=("forgotten-tests: tests/test_old.py: 1 test",)))
    (item,) = again(CLAIM, lenient).disagreements
    assert item.reason is Reason.WEAKENED


@pytest.mark.parametrize(
    ("kind", "code"), [("environment", 4), ("no_free_port", 5), ("cleanup_incomplete", 6), ("defect", 70)]
)
def test_a_rerun_that_comes_to_no_verdict_says_nothing_about_the_claim(
    kind: str, code: int, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = replace(
        run.honest, verdict=replace(run.honest.verdict, problems=(samples.problem(kind, code, message="Away."),))
    )
    monkeypatch.setattr("hub_runner.proof.rerun.same_images", lambda _: None)
    monkeypatch.setattr("hub_runner.proof.rerun.forget_images_of", lambda _: None)
    monkeypatch.setattr("hub_runner.proof.rerun.plans", lambda *_, **__: [None])
    monkeypatch.setattr("hub_runner.proof.rerun.run", lambda *_: broken)
    with pytest.raises(EnvironmentFailure, match="nothing is learned about the claim: Away"):
        next(rerun(run.honest, Settings(root=run.root, output="out"), None))


@pytest.fixture
def worktrees(run: Run) -> Iterator[Run]:
    yield run
    assert len(honest.git(run.root, "worktree", "list").splitlines()) == 1


def test_a_worktree_has_the_commit_and_nothing_that_lies_beside_it(worktrees: Run) -> None:
    root = worktrees.root
    (root / "addons/traction/models.py").write_text("ESCALATE = 4\n")
    (root / "secret.txt").write_text("x")
    with clean_worktree(root, "HEAD") as folder:
        assert (folder / "addons/traction/models.py").read_text() == "ESCALATE = 3\n"
        assert not (folder / "secret.txt").exists()
    assert not folder.exists()


def test_of_a_checkout_that_is_a_folder_of_the_repository_the_same_folder_is_given(worktrees: Run) -> None:
    with clean_worktree(worktrees.root / "addons", "HEAD") as folder:
        assert (folder / "traction/models.py").is_file()


def test_no_hook_of_this_machine_is_run(worktrees: Run) -> None:
    hook = worktrees.root / ".git/hooks/post-checkout"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\ntouch hooked\n")
    hook.chmod(0o755)
    with clean_worktree(worktrees.root, "HEAD") as folder:
        assert not (folder / "hooked").exists()


def test_a_worktree_is_removed_whatever_happens_in_it(worktrees: Run) -> None:
    entered = clean_worktree(worktrees.root, "HEAD")
    folder = entered.__enter__()
    (folder / "left").write_text("x")
    assert not entered.__exit__(RuntimeError, RuntimeError("broken"), None)
    assert not folder.exists()


def test_a_commit_that_cannot_be_checked_out_is_refused(worktrees: Run) -> None:
    with pytest.raises(UsageError), clean_worktree(worktrees.root, "0" * 40):
        pass


KILLED = """
import os, signal, sys
from pathlib import Path
from hub_runner.proof.worktree import PREFIX, clean_worktree, forget_worktrees
with clean_worktree(Path(sys.argv[1]), "HEAD") as folder:
    print(folder, flush=True)
    if sys.argv[2:]:
        sys.stdin.read()
    os.kill(os.getpid(), signal.SIGKILL)
"""


def rerun_process(run: Run, *arguments: str) -> tuple[subprocess.Popen[str], Path]:
    """A process that has made a worktree and kills itself at once, or once its input ends if there are ``arguments``."""
    process = subprocess.Popen(
        (sys.executable, "-c", KILLED, str(run.root), *arguments), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout
    return process, Path(process.stdout.readline().strip())


@pytest.mark.parametrize("elsewhere", [False, True])
def test_the_worktree_of_a_killed_rerun_goes_with_the_next_one_and_that_of_a_living_one_stays(
    worktrees: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, elsewhere: bool
) -> None:
    living, used = rerun_process(worktrees, "wait")
    dead, left = rerun_process(worktrees)
    dead.communicate()
    assert left.is_dir()
    if elsewhere:  # the next one has another TMPDIR
        monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with clean_worktree(worktrees.root, "HEAD"):
        assert (left.parent.exists(), used.is_dir()) == (False, True)
        assert str(left) not in honest.git(worktrees.root, "worktree", "list")
    living.communicate()
    assert forget_worktrees(worktrees.root) == [used.parent]
    assert not used.parent.exists()


def test_a_folder_that_was_left_before_git_began_goes_too(worktrees: Run) -> None:
    folder = Path(tempfile.mkdtemp(prefix=PREFIX)).resolve()
    assert folder in forget_worktrees(worktrees.root)
    assert not folder.exists()


def test_a_worktree_that_git_was_still_making_goes_too(worktrees: Run) -> None:
    dead, left = rerun_process(worktrees)
    dead.communicate()
    honest.git(worktrees.root, "worktree", "lock", str(left))  # as git does meanwhile
    assert forget_worktrees(worktrees.root) == [left.parent]


def test_the_folder_of_an_older_version_that_held_no_lock_is_left_alone(
    worktrees: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    folder = tmp_path / "hub-runner-rerun-0123abcd"
    honest.git(worktrees.root, "worktree", "add", "--detach", str(folder / "worktree"), "HEAD")
    assert forget_worktrees(worktrees.root) == []
    assert (folder / "worktree").is_dir()
    honest.git(worktrees.root, "worktree", "remove", str(folder / "worktree"))


@pytest.mark.parametrize("lock", [False, True])
def test_what_git_knows_of_a_worktree_goes_although_its_folder_is_gone(worktrees: Run, lock: bool) -> None:
    dead, left = rerun_process(worktrees)
    dead.communicate()
    if lock:
        honest.git(worktrees.root, "worktree", "lock", str(left))
    shutil.rmtree(left.parent)  # as a reboot does
    assert forget_worktrees(worktrees.root) == [left.parent]
    assert forget_worktrees(worktrees.root) == []


def test_a_worktree_that_is_there_by_half_goes_too(worktrees: Run) -> None:
    dead, left = rerun_process(worktrees)
    dead.communicate()
    honest.git(worktrees.root, "worktree", "lock", str(left))
    (left / ".git").unlink()  # git itself would refuse to remove what is left
    assert forget_worktrees(worktrees.root) == [left.parent]


def test_what_is_not_proven_is_not_run_again(run: Run) -> None:
    run.edit("result.json", lambda text: text.replace("12.3 s", "12.4 s"))
    code, said = run.verify(rerun=True)
    assert code == 1
    assert "not tried, because what comes before it is not proven" in said
    assert "NOT PROVEN at level 2, without a signature." in said


def test_level_2_asks_for_a_signature_too(run: Run) -> None:
    code, said = run.verify(level=2)
    assert code == 1
    assert "unsigned: " in said
    assert "NOT PROVEN at level 2." in said
