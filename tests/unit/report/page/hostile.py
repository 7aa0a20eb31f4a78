"""A module that writes HTML, scripts and templates wherever its text is shown."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from hub_runner.report.module_end import ModuleEnd
from hub_runner.result import Coverage, FileCoverage, Image, Lifecycle, Problem, Result, Status
from tests.unit.report import samples

WORDS = (
    "<script>window.pwned = 1</script>",
    "\"><img src=x onerror='window.pwned = 2'>",
    "'><svg/onload=window.pwned=3>",
    "</pre></code></details></title></style><script>window.pwned = 4</script>",
    "<!-- --><iframe src='javascript:parent.pwned=5'></iframe>",
    "{{ ''.__class__ }}{% include '/etc/passwd' %}{# #}",
    "<a href='javascript:window.pwned=6'>click</a><meta http-equiv=refresh content='0;url=http://example.org/'>",
    "<link rel=stylesheet href=http://example.org/x.css><base href=http://example.org/>",
    "&lt;script&gt;&#60;script&#62; \x00\x1b[31m \u202e \ud800 \x1b]8;;http://example.org\x07",
)
ALL = " ".join(WORDS)


def result(root: Path = Path("/checkout")) -> Result:
    """Its log is ``root``/x.log; only a caller can write there."""
    outcomes = [
        samples.outcome(
            f"test_{number}{word}",
            Status.FAILED,
            cls=f"Test{word}",
            file=f"addons/{word}/tests/test.py",
            traceback=samples.TRACEBACK.replace("AssertionError: ", f"AssertionError: {word}") + ALL,
            logged=(word, ALL),
            subtests=(word,),
            queries=number,
            advice=word,
        )
        for number, word in enumerate(WORDS)
    ]
    skipped = [samples.outcome(f"test_skip_{word}", Status.SKIPPED, reason=word) for word in WORDS]
    problems = (
        Problem(kind=f"kind{ALL}", message=ALL, return_code=1, details=WORDS, file=ALL, line=3),
        samples.problem(),
    )
    made = samples.result(*outcomes, *skipped, problems=problems, root=root)
    verdict = replace(
        made.verdict,
        notes=WORDS,
        waived=WORDS,
        odoo_version=ALL,
        lifecycle=Lifecycle(ref=ALL, commit=ALL, version=ALL, stages={ALL: ALL}, migrations=WORDS, vanished=WORDS),
        coverage=Coverage(
            version=ALL,
            branch=True,
            files=(FileCoverage(file=ALL, statements=9, missed=1, missing=ALL),),
            since=ALL,
            changed=(FileCoverage(file=ALL, statements=9, missed=1, missing=ALL),),
        ),
    )
    info = replace(
        made.info,
        module=ALL,
        module_version=ALL,
        command=("run", ALL),
        stand_in=ALL,
        packages=WORDS,
        along={ALL: ALL},
        engine=ALL,
        warm=ALL,
        images={ALL: Image(reference=ALL, digest=ALL)},
        log=root / "x.log",
    )
    return replace(made, info=info, verdict=verdict, cleanup=ALL, leftovers=WORDS, phases={ALL: 1.0, "b": 2.0})


def ends() -> list[ModuleEnd]:
    """Of modules that did not even have a result."""
    known = {"return_code": 1, "failures": WORDS, "coverable": 2, "covered": 1}
    return [
        ModuleEnd(module=word, summary=word, run=word, folder=word, reproduce=word, **known)  # type: ignore[arg-type]
        for word in WORDS
    ]
