"""One reason why something is not proven, and at which level it is found."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum


class Level(IntEnum):
    """What can be proven; each level includes those before it."""

    WHOLE = 0  # the files agree with each other, with their checksums, and with the commit
    WHOSE = 1  # somebody whom the repository knows has signed them
    TRUE = 2  # the same commit was run again, and did the same


class Reason(StrEnum):
    """Slugs that scripts may rely on."""

    MISSING = "missing"  # a file of the run is not there
    UNREADABLE = "unreadable"  # a file is cut off, or none of ours
    CHANGED = "changed"  # a file is not as the run left it
    CONTRADICTION = "contradiction"  # two files, or two parts of one, say different things
    NOT_PASSED = "not_passed"  # the run says itself that it did not pass
    PART = "part"  # the run is a verdict on chosen tests, and none on the module
    NO_COMMIT = "no_commit"  # the run names no commit, or git here does not know it
    DIRTY = "dirty"  # the run says itself that its checkout was not the commit
    OTHER_FILES = "other_files"  # what was tested is not what is committed
    OTHER_TESTS = "other_tests"  # the tests that ran are not those that are committed
    WEAKENED = "weakened"  # a finding was let pass, and no setting of the commit says so
    NOT_PINNED = "not_pinned"  # an image without a digest, a package without a version
    OTHER_IMAGES = "other_images"  # the rerun was made on other images
    DIFFERS = "differs"  # another run of the same files did not do the same
    UNSIGNED = "unsigned"
    BAD_SIGNATURE = "bad_signature"  # it is not one over this statement
    NO_SIGNERS = "no_signers"  # there is no list of those who may sign
    FOREIGN_KEY = "foreign_key"  # a good signature of somebody whom the list does not name
    EXPIRED_KEY = "expired_key"  # the list names the key, for another time
    OTHER_SIGNER = "other_signer"  # the list names the key, and somebody else was asked for


@dataclass(frozen=True, kw_only=True)
class Disagreement:
    """``text`` is a sentence for people: which file, which lines, which test, and what stands there."""

    reason: Reason
    text: str


def of_no_run(error: Exception) -> Disagreement:
    """A file has a value of a type that no run writes, and something stumbled over it."""
    return Disagreement(
        reason=Reason.UNREADABLE, text=f"result.json or proof.json has a value that no run writes: {error!r}."
    )


def contradiction(text: str) -> Disagreement:
    """Two files, or two parts of one, say different things; ``text`` is a sentence without its full stop."""
    return Disagreement(reason=Reason.CONTRADICTION, text=f"{text}.")
