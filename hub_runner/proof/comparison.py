"""Two results of one module, test by test: what differs, and under which conditions each was made."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from hub_runner.proof.disagreement import Disagreement, Reason
from hub_runner.report import tracebacks
from hub_runner.report.statement import name
from hub_runner.result import Outcome, Result, Status
from hub_runner.text import counted, one_line, shorten

WIDTH = 120  # characters of one value


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """``here`` is the result that is verified, ``there`` the other one, which people call ``called``."""

    here: Result
    there: Result
    called: str

    @property
    def summary(self) -> str:
        ours, theirs = _by_name(self.here), _by_name(self.there)
        return f"{counted(len(ours.keys() & theirs.keys()), 'test')} in both, {len(ours)} here, {len(theirs)} {self.called}"

    def disagreements(self) -> Iterator[Disagreement]:
        """Each test whose outcome differs, and the verdict if no test explains it."""
        here, there = self.here.info, self.there.info
        if (here.module, here.module_tree) != (there.module, there.module_tree):
            text = f"Here {here.module} {here.module_tree} was tested, {self.called} {there.module} {there.module_tree}."
            yield Disagreement(reason=Reason.OTHER_FILES, text=text)
        yield from (Disagreement(reason=Reason.DIFFERS, text=text) for text in self.differing().values())

    def differing(self) -> dict[str, str]:
        """A sentence for each test whose outcome differs, by its name, and for the verdict."""
        texts = dict(self._tests())
        if self.here.return_code != self.there.return_code:
            text = f"The verdict: exit code {_verdict(self.here)} here, {_verdict(self.there)} {self.called}."
            texts["verdict"] = text
        return texts

    def _tests(self) -> Iterator[tuple[str, str]]:
        ours, theirs = _by_name(self.here), _by_name(self.there)
        for test in [*ours, *(test for test in theirs if test not in ours)]:
            here, there = ours.get(test, []), theirs.get(test, [])
            if _statuses(here) != _statuses(there):
                yield test, f"{test}: {_ended(here)} here, {_ended(there)} {self.called}."

    def conditions(self) -> Iterator[str]:
        """What was not the same for both, and may explain what differs."""
        ours, theirs = _conditions(self.here), _conditions(self.there)
        for condition in dict.fromkeys((*ours, *theirs)):
            values = [shorten(one_line(it.get(condition) or "none"), WIDTH) for it in (ours, theirs)]
            if values[0] != values[1]:
                yield f"{condition}: {values[0]} here, {values[1]} {self.called}"


def _by_name(result: Result) -> Mapping[str, list[Outcome]]:
    """The outcomes of each test; several, if it ran in both halves of a run or was repeated."""
    found: dict[str, list[Outcome]] = {}
    for outcome in result.verdict.outcomes:
        half = f" ({outcome.half})" if outcome.half else ""
        found.setdefault(f"{name(outcome)}{half}", []).append(outcome)
    return found


def _statuses(outcomes: list[Outcome]) -> list[Status]:
    return sorted(outcome.status for outcome in outcomes)


def _ended(outcomes: list[Outcome]) -> str:
    if not outcomes:
        return "missing"
    why = next((tracebacks.exception(it) or it.reason for it in outcomes if it.status is not Status.PASSED), "")
    return " and ".join(_statuses(outcomes)) + (f" ({shorten(one_line(why), WIDTH)})" if why else "")


def _verdict(result: Result) -> str:
    kinds = ", ".join(dict.fromkeys(problem.kind for problem in result.verdict.problems))
    return f"{result.return_code} ({kinds})" if kinds else str(result.return_code)


def _conditions(result: Result) -> Mapping[str, str | None]:
    info = result.info
    return {
        "commit": info.commit and info.commit + {True: " with uncommitted changes"}.get(bool(info.dirty), ""),
        "Odoo": result.verdict.odoo_version,
        **{f"image {service}": f"{image.reference} {image.digest}" for service, image in info.images.items()},
        "packages": ", ".join(info.packages),
        "along": ", ".join(f"{module} {digest}" for module, digest in info.along.items()),
        "command": " ".join(info.command),
        "start": "warm" if info.warm else "cold",
        "engine": info.engine,
        "day": f"{info.started:%Y-%m-%d}",
    }
