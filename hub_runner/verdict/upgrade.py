"""What an upgrade left undone, new migration scripts that Odoo did not run, and what was gone from the database after it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from hub_runner.checkout import migrations
from hub_runner.exit_codes import Kind
from hub_runner.result import Problem
from hub_runner.text import counted, listed
from hub_runner.verdict.evidence import Evidence
from hub_runner.verdict.record import Record
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


def vanished(before: Record, after: Record) -> Iterator[str]:
    """Columns, fields and external ids that were there before an upgrade, and are not there after it."""
    old, new = before.contents, after.contents
    if not old or not new:
        return
    for kind, key in (("field", "fields"), ("column", "columns")):
        yield from (f"{kind} {name}" for name in _gone(old[key], new[key]))  # type: ignore[literal-required]  # of a list
    models = {name: model for name, model in old["external_ids"]}  # noqa: C416  # of lists of two, and not of tuples
    left = [name for name, _ in new["external_ids"]]
    yield from (f"external id {name} ({models[name]})" for name in _gone(models, left))


def _gone(old: Iterable[str], new: Iterable[str]) -> list[str]:
    return sorted(set(old) - set(new))
