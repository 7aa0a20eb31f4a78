"""One verdict of two: what a run with demo data and one without it proved (the setting ``demo = "both"``)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from hub_runner.exit_codes import gravest
from hub_runner.result import HALVES, Lifecycle, Problem, Verdict


def both(halves: Mapping[str, Verdict]) -> Verdict:
    """The verdict on a run with these halves, by the value that ``demo`` had in each: the gravest one decides.

    What was found in one half says so; what was found in each is told once.
    """
    problems = list(_problems(halves))
    if problems:
        code = gravest(problem.return_code for problem in problems)
        problems.sort(key=lambda problem: problem.return_code != code)  # the first problem decides the exit code
    each = list(halves.values())
    return replace(
        each[0],  # what chose the tests is the same in each half
        problems=tuple(problems),
        outcomes=tuple(replace(outcome, demo=demo) for demo, half in halves.items() for outcome in half.outcomes),
        notes=tuple(_marked((demo, note) for demo, half in halves.items() for note in half.notes)),
        waived=tuple(_marked((demo, finding) for demo, half in halves.items() for finding in half.waived)),
        unrun={test: why for test, why in each[0].unrun.items() if all(test in half.unrun for half in each)},
        left_out=max(half.left_out for half in each),
        set_ups=tuple(set_up for half in each for set_up in half.set_ups),
        # of the last one: its figures and reports have taken the place of the others'
        coverage=next((half.coverage for half in reversed(each) if half.coverage), None),
        lifecycle=_lifecycle(half.lifecycle for half in each if half.lifecycle),
        odoo_version=next((half.odoo_version for half in each if half.odoo_version), None),
        doubt="",  # each half has had its second opinion
    )


def _lifecycle(lives: Iterable[Lifecycle]) -> Lifecycle | None:
    """That of the half in which a stage failed, else the first; the notes tell of both."""
    return min(lives, key=lambda life: "failed" not in life.stages.values(), default=None)


def _problems(halves: Mapping[str, Verdict]) -> Iterator[Problem]:
    found: dict[Problem, list[str]] = {}
    for demo, half in halves.items():
        for problem in half.problems:
            found.setdefault(problem, []).append(demo)
    for problem, where in found.items():
        yield replace(problem, message=f"{_where(where)}: {problem.message}")


def _marked(texts: Iterable[tuple[str, str]]) -> Iterator[str]:
    found: dict[str, list[str]] = {}
    for demo, text in texts:
        found.setdefault(text, []).append(demo)
    for text, where in found.items():  # Waived.parse reads this form
        yield text if set(where) == set(HALVES) else f"{HALVES[where[0]]}: {text}"


def _where(demos: Iterable[str]) -> str:
    words = dict.fromkeys(HALVES[demo] for demo in demos)
    return " and ".join(words).capitalize()
