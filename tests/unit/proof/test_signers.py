"""Whose files they are: whoever does not hold an allowed key is found at level 1, and each way to lack one is told apart."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from hub_runner.errors import EnvironmentFailure
from hub_runner.proof.disagreement import Reason
from hub_runner.result import Status
from hub_runner.settings import LOG, PROOF, SIGNATURE
from tests.unit.proof import honest
from tests.unit.proof.honest import Run, outcome
from tests.unit.proof.keys import Keys


def test_a_run_that_an_allowed_key_has_signed_is_proven(signed: Run) -> None:
    code, said = signed.verify(level=1)
    assert code == 0, said
    assert "signed by: agent@hub" in said
    assert "PROVEN at level 1" in said


def resign(signed: Run, armoured: bytes) -> None:
    (signed.folder / SIGNATURE).unlink(missing_ok=True)
    (signed.folder / SIGNATURE).write_bytes(armoured)


def statement(signed: Run) -> bytes:
    return (signed.folder / PROOF).read_bytes()


def without_signature(signed: Run, keys: Keys) -> None:
    (signed.folder / SIGNATURE).unlink()


def by_a_foreign_key(signed: Run, keys: Keys) -> None:
    resign(signed, keys.sign("stranger", statement(signed)))


def all_anew_and_unsigned(signed: Run, keys: Keys) -> None:
    signed.anew(replace(signed.honest, phases={"tests": 0.1}))


def all_anew_by_a_foreign_key(signed: Run, keys: Keys) -> None:
    signed.anew(replace(signed.honest, phases={"tests": 0.1}), keys.private("stranger"))


def statement_edited_in_one_letter(signed: Run, keys: Keys) -> None:
    signed.edit(PROOF, lambda text: text.replace("hub-agent", "hub-agenT", 1))


def statement_with_a_space_more(signed: Run, keys: Keys) -> None:
    signed.edit(PROOF, lambda text: f"{text} ")


def statement_of_another_run(signed: Run, keys: Keys) -> None:
    other = replace(signed.honest, info=replace(signed.honest.info, run_id="hub-agent-test-traction-1-ffff"))
    folder = honest.write(other, signed.root / "other", keys.private("agent"))
    resign(signed, (folder / SIGNATURE).read_bytes())


def log_edited_and_all_sums_mended(signed: Run, keys: Keys) -> None:
    signed.edit(LOG, lambda text: text.replace("sweep 0.1 s", "sweep 0.2 s"))
    signed.mend_all()


def signature_cut_off(signed: Run, keys: Keys) -> None:
    resign(signed, (signed.folder / SIGNATURE).read_bytes()[:120])


def signature_cut_inside(signed: Run, keys: Keys) -> None:
    lines = (signed.folder / SIGNATURE).read_bytes().splitlines(keepends=True)
    resign(signed, b"".join([lines[0], lines[1], lines[-1]]))


def signature_of_noise(signed: Run, keys: Keys) -> None:
    resign(signed, b"-----BEGIN SSH SIGNATURE-----\nbm9pc2U=\n-----END SSH SIGNATURE-----\n")


def signature_empty(signed: Run, keys: Keys) -> None:
    resign(signed, b"")


def signature_of_a_commit(signed: Run, keys: Keys) -> None:
    resign(signed, keys.sign("agent", statement(signed), namespace="git"))


def key_expired(signed: Run, keys: Keys) -> None:
    keys.allow(signed.root, ("agent", 'valid-before="20251231Z"'))


def key_not_yet_valid(signed: Run, keys: Keys) -> None:
    keys.allow(signed.root, ("agent", 'valid-after="20260601Z"'))


def key_for_something_else(signed: Run, keys: Keys) -> None:
    keys.allow(signed.root, ("agent", 'namespaces="git,file"'))


def key_taken_from_the_list(signed: Run, keys: Keys) -> None:
    path = keys.allow(signed.root, ("agent", ""), ("ci", ""))
    path.write_text("".join(f"# {line}\n" if "agent" in line else f"{line}\n" for line in path.read_text().splitlines()))


def list_missing(signed: Run, keys: Keys) -> None:
    (signed.root / "allowed_signers").unlink()


def list_empty(signed: Run, keys: Keys) -> None:
    (signed.root / "allowed_signers").write_text("")


FORGERIES: tuple[tuple[Callable[[Run, Keys], None], Reason, str], ...] = (
    (without_signature, Reason.UNSIGNED, f"There is no {SIGNATURE}"),
    (all_anew_and_unsigned, Reason.UNSIGNED, f"There is no {SIGNATURE}"),
    (by_a_foreign_key, Reason.FOREIGN_KEY, "key SHA256:.*, which .*allowed_signers does not name"),
    (all_anew_by_a_foreign_key, Reason.FOREIGN_KEY, "allowed_signers does not name"),
    (statement_edited_in_one_letter, Reason.BAD_SIGNATURE, f"{SIGNATURE} does not fit {PROOF}"),
    (statement_with_a_space_more, Reason.BAD_SIGNATURE, f"{SIGNATURE} does not fit {PROOF}"),
    (statement_of_another_run, Reason.BAD_SIGNATURE, f"{SIGNATURE} does not fit {PROOF}"),
    (log_edited_and_all_sums_mended, Reason.BAD_SIGNATURE, f"{SIGNATURE} does not fit {PROOF}"),
    (signature_cut_off, Reason.BAD_SIGNATURE, "is no SSH signature: it has no beginning or no end"),
    (signature_cut_inside, Reason.BAD_SIGNATURE, "is no SSH signature"),
    (signature_of_noise, Reason.BAD_SIGNATURE, "is no SSH signature: it is no SSHSIG"),
    (signature_empty, Reason.BAD_SIGNATURE, "is no SSH signature"),
    (signature_of_a_commit, Reason.BAD_SIGNATURE, "was made for 'git' and not for 'hub-runner'"),
    (
        key_expired,
        Reason.EXPIRED_KEY,
        r"of agent@hub, which had expired when .* \(2026-01-02\).*valid-before 20251231",
    ),
    (key_not_yet_valid, Reason.EXPIRED_KEY, r"was not valid yet when the run ended \(2026-01-02\).*valid-after 20260601"),
    (key_for_something_else, Reason.FOREIGN_KEY, "allows to sign for git,file only"),
    (key_taken_from_the_list, Reason.FOREIGN_KEY, "does not name"),
    (list_missing, Reason.NO_SIGNERS, "there is no list of those who may"),
    (list_empty, Reason.FOREIGN_KEY, "does not name"),
)


@pytest.mark.parametrize(("forge", "reason", "place"), FORGERIES, ids=[act.__name__ for act, _, _ in FORGERIES])
def test_a_forgery_is_found_at_level_1_and_named(
    forge: Callable[[Run, Keys], None], reason: Reason, place: str, signed: Run, keys: Keys
) -> None:
    forge(signed, keys)
    code, said = signed.verify(level=1)
    assert code == 1, said
    assert "NOT PROVEN at level 1" in said
    assert re.search(rf"(?m)^  {reason}: .*{place}", said), said


def test_a_false_result_that_the_tool_wrote_passes_level_0_and_not_level_1(signed: Run, keys: Keys) -> None:
    """The words of level 0 say so: only a key tells the tool in the hands of a forger from the tool in honest ones."""
    outcomes = tuple(replace(test, duration=9.0) for test in signed.honest.verdict.outcomes)
    signed.anew(replace(signed.honest, verdict=replace(signed.honest.verdict, outcomes=outcomes)), keys.private("stranger"))
    code, said = signed.verify(level=0)
    assert code == 0
    assert "Whoever lets the tool write all files anew passes level 0" in said
    assert signed.verify(level=1)[0] == 1


def test_level_1_includes_level_0(signed: Run, keys: Keys) -> None:
    tests = (*signed.honest.verdict.outcomes[:3], outcome("TestIssue", "test_open", Status.FAILED))
    signed.anew(replace(signed.honest, verdict=replace(signed.honest.verdict, outcomes=tests)), keys.private("agent"))
    code, said = signed.verify(level=1)
    assert code == 1
    assert "signed by: agent@hub" in said


def test_the_signer_can_be_asked_for(signed: Run, keys: Keys) -> None:
    assert signed.verify(level=1, signer="agent@*")[0] == 0
    code, said = signed.verify(level=1, signer="ci@*")
    assert code == 1
    assert f"other_signer: {PROOF} is signed by agent@hub, and --signer asks for ci@*" in said
    resign(signed, keys.sign("ci", statement(signed)))
    assert signed.verify(level=1, signer="ci@*")[0] == 0


def test_a_key_that_has_expired_since_the_run_is_still_good_for_it(signed: Run, keys: Keys) -> None:
    keys.allow(signed.root, ("agent", 'valid-after="20260101Z",valid-before="20260201Z"'))
    assert signed.verify(level=1)[0] == 0


def test_the_list_of_git_is_taken_if_the_repository_has_none(signed: Run, keys: Keys, tmp_path: Path) -> None:
    (signed.root / "allowed_signers").rename(tmp_path / "mine")
    honest.git(signed.root, "config", "gpg.ssh.allowedSignersFile", str(tmp_path / "mine"))
    code, said = signed.verify(level=1)
    assert code == 0, said
    honest.git(signed.root, "config", "gpg.ssh.allowedSignersFile", str(tmp_path / "gone"))
    assert "no_signers" in signed.verify(level=1)[1]


def test_without_ssh_keygen_it_is_the_machine_that_is_lacking(signed: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    git = Path("/usr/bin/git")
    folder = signed.root / "bin"
    folder.mkdir()
    (folder / "git").symlink_to(git)
    monkeypatch.setenv("PATH", str(folder))
    with pytest.raises(EnvironmentFailure, match="ssh-keygen"):
        signed.verify(level=1)


def test_a_bad_signature_is_told_at_level_0_too_and_does_not_count_there(signed: Run, keys: Keys) -> None:
    by_a_foreign_key(signed, keys)
    code, said = signed.verify(level=0)
    assert code == 0
    assert "foreign_key: " in said
