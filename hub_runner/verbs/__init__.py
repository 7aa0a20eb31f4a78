"""The verbs of the command line: for each its arguments and what it does, side by side; one file a family.

A verb only calls the rooms below, and imports them when it runs: ``--help`` must not wait for an SDK. What all verbs have
in common (settings as flags, exit codes, refusals) lives in ``cli.py``.
"""

from hub_runner.verbs import cache, environments, machine, proof, repository, testing
from hub_runner.verbs.verb import Verb

VERBS: dict[str, Verb] = {
    "run": testing.RUN,
    "watch": environments.WATCH,
    "lint-module": testing.LINT_MODULE,
    "show": testing.SHOW,
    "verify": proof.VERIFY,
    "init": repository.INIT,
    "list": repository.LIST,
    "matrix": repository.MATRIX,
    "merge": repository.MERGE,
    "prepare": repository.PREPARE,
    "cache": cache.CACHE,
    "shell": environments.SHELL,
    "uat": environments.UAT,
    "setup": machine.SETUP,
    "doctor": machine.DOCTOR,
    "clean": machine.CLEAN,
}
