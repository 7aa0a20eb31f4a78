"""What a log says of the checkout that was tested (incident I10): good enough to check."""

from __future__ import annotations

import datetime as dt

from hub_runner.plan import Plan
from hub_runner.result import RunInfo


def first_page(plan: Plan, project: str) -> RunInfo:
    """What is known of a run before anything has happened."""
    return RunInfo(
        project=project,
        module=plan.module.name,
        module_version=plan.module.version,
        module_folder=plan.module.folder,
        module_tree=plan.digest,
        root=plan.settings.root,
        started=dt.datetime.now(dt.timezone.utc),
        command=plan.command,
        log=plan.settings.run_folder(project) / "proof_of_execution_tests.log",
        commit=plan.commit,
        dirty=plan.dirty,
    )
