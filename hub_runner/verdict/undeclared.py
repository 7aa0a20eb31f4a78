"""Tests that failed for want of a module that the manifest does not name, and that Odoo loads only later."""

from __future__ import annotations

from collections.abc import Iterator

from hub_runner.checkout.modules import MANIFEST
from hub_runner.exit_codes import Kind
from hub_runner.result import Problem
from hub_runner.settings import Settings
from hub_runner.text import counted, listed
from hub_runner.verdict.evidence import Evidence
from hub_runner.verdict.record import Record
from hub_runner.verdict.recorded import TestId
from hub_runner.verdict.strictness import Finding, Lenient, ruled


def undeclared(evidence: Evidence) -> Iterator[Problem | Lenient]:
    """Tests that failed for want of such a module (the setting undeclared)."""
    module = evidence.module.name
    held, lenient = ruled("undeclared", _findings(module, evidence.record).values(), evidence.settings)
    yield from lenient
    if held:
        names = dict.fromkeys(name for test, name, _ in evidence.record.needs if test.module == module)
        yield Problem.of(
            Kind.UNDECLARED,
            f"{counted(len(held), 'test')} of {module} failed for want of {', '.join(names)}, which its manifest does not "
            f"name: add it to depends in {evidence.in_checkout(MANIFEST)}. (Installed beside other modules they may pass.)",
            *listed([finding.text for finding in held]),
            file=evidence.in_checkout(MANIFEST),
        )


def excused(module: str, record: Record, settings: Settings) -> dict[TestId, str]:
    """The tests whose failure the repository's settings let pass, each with the reason."""
    findings = _findings(module, record)
    held, _ = ruled("undeclared", findings.values(), settings)
    return {test: finding.text for test, finding in findings.items() if finding not in held}


def _findings(module: str, record: Record) -> dict[TestId, Finding]:
    """One finding for each test, which may need several modules."""
    needs: dict[TestId, list[str]] = {}
    for test, name, what in record.needs:
        if test.module == module:
            needs.setdefault(test, []).append(f"{name} ({what})")
    return {
        test: Finding(text=f"{test.name} needs {', '.join(dict.fromkeys(of))}, which the manifest does not name")
        for test, of in needs.items()
    }
