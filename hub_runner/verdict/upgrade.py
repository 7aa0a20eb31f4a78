"""What an upgrade left undone: new migration scripts that Odoo did not run."""

from __future__ import annotations

from collections.abc import Iterator

from hub_runner.checkout import migrations
from hub_runner.errors import Kind
from hub_runner.result import Problem
from hub_runner.text import counted, listed
from hub_runner.verdict.evidence import Evidence
from hub_runner.verdict.strictness import Finding, Lenient, ruled


def migrations_not_run(evidence: Evidence) -> Iterator[Problem | Lenient]:
    """Only scripts that the upgrade brings: what was there before has run in an earlier one."""
    if not evidence.came_to_its_end or evidence.crash:
        return
    held, lenient = ruled("unrun_migrations", _not_run(evidence), evidence.settings)
    yield from lenient
    if held:
        names = [finding.text for finding in held]
        yield Problem.of(
            Kind.MIGRATIONS_NOT_RUN,
            f"{counted(len(held), 'new migration script')} did not run, so nothing is proven of what the upgrade is to do: "
            f"{names[0]}.",
            *listed(names[1:]),
            file=held[0].file,
            line=1,
        )


def _not_run(evidence: Evidence) -> Iterator[Finding]:
    ran = set(evidence.record.migrations)
    series = (evidence.record.odoo_version or "").partition("-")[0]
    for change in evidence.changes:
        for path in change.new_scripts:
            if (change.new.name, path) not in ran:
                why = migrations.why_not(path, old=change.old.version, new=change.new.version, series=series)
                file = evidence.in_checkout(path, "" if change.new.name == evidence.module.name else change.new.name)
                reason = why or "Odoo passed it over, and nothing that is known tells why"
                yield Finding(text=f"{change.new.name}/{path}: {reason}", file=file)
