"""The verb that checks what the files of a run claim: verify."""

from __future__ import annotations

import argparse

from hub_runner.settings import Settings
from hub_runner.verbs.verb import Verb, output


def _arguments(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "target",
        nargs="?",
        metavar="TARGET",
        help="a run's folder, its result.json or log, a batch.json or its folder, a run id, a module; the last command",
    )
    command.add_argument(
        "--level", type=int, choices=(0, 1, 2), default=0, help="what must be proven for exit code 0 (0); see docs/proof.md"
    )
    command.add_argument("--commit", metavar="REF", help="compare with this commit, not with the one that the run names")
    command.add_argument("--signer", metavar="PATTERN", help="accept only a signature of such a name, as 'ci@*' (level 1)")
    command.add_argument("--rerun", action="store_true", help="run the commit again, cold, in a clean worktree, and compare")
    command.add_argument("--against", metavar="OTHER", help="compare with another result, test by test (local and CI)")


def _verify(settings: Settings, options: argparse.Namespace) -> int:
    from hub_runner.errors import packages

    with packages():
        from hub_runner.host import parent_watch
        from hub_runner.proof.disagreement import Level
        from hub_runner.proof.verify import Request, verify

    request = Request(
        target=options.target,
        level=Level(options.level),
        commit=options.commit,
        signer=options.signer,
        against=options.against,
        rerun=options.rerun,
    )
    if request.reruns:
        parent_watch.follow()
    return verify(request, settings, output())


VERIFY = Verb(
    help="check what the files of a run claim: exit code 0 if it is proven, 1 if not", add_arguments=_arguments, act=_verify
)
