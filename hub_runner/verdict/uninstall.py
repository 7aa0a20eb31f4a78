"""Whether a module that was uninstalled is gone."""

from __future__ import annotations

from collections.abc import Iterator

from hub_runner.exit_codes import Kind
from hub_runner.result import Problem
from hub_runner.text import counted, listed
from hub_runner.verdict.evidence import Evidence
from hub_runner.verdict.strictness import Finding, Lenient, ruled

OF_THE_REGISTRY = "orm_signaling_"  # tables that Odoo itself makes when it first needs them


def still_there(evidence: Evidence) -> Iterator[Problem]:
    """Odoo raised no error, and the module is not uninstalled."""
    name = evidence.module.name
    if evidence.came_to_its_end and not evidence.crash and evidence.state(name) != "uninstalled":
        state = evidence.state(name) or "unknown"
        yield Problem.of(
            Kind.UNINSTALL_FAILED,
            f"Odoo was asked to uninstall {name} and raised no error, but its state is {state!r}. The last lines are below.",
            *evidence.last_lines(),
        )


def leftovers(evidence: Evidence) -> Iterator[Problem | Lenient]:
    """What the module has left in the database (the setting uninstall-leftovers)."""
    held, lenient = ruled("uninstall_leftovers", [Finding(text=it) for it in left(evidence)], evidence.settings)
    yield from lenient
    if held:
        names = [finding.text for finding in held]
        yield Problem.of(
            Kind.UNINSTALL_LEFTOVERS,
            f"{evidence.module.name} was uninstalled, and left {counted(len(names), 'thing')} in the database: "
            f"{', '.join(names[:3])}{' ...' if len(names) > 3 else ''}. Remove what its hooks and methods made in an "
            "uninstall_hook, or say in `waive` what is meant to stay.",
            *(listed(names) if len(names) > 3 else ()),
        )


def left(evidence: Evidence) -> tuple[str, ...]:
    """Tables that belong to no model and were not there before the module, and its external ids."""
    contents = evidence.record.contents
    if not contents:
        return ()
    tables = [name for name in contents["unowned"] if not name.startswith(OF_THE_REGISTRY) and name not in evidence.tables]
    ids = [f"external id {name} ({model})" for name, model in contents["external_ids"]]
    return (*(f"table {name}" for name in tables), *ids)
