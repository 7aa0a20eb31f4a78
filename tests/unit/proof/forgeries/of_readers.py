"""One file says two things to its readers, or does not say what another file does."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Any

from hub_runner.checkout import snapshot
from hub_runner.proof.disagreement import Reason
from hub_runner.report import statement
from hub_runner.settings import LOG, PROOF, RESULT
from tests.unit.proof.forgeries.forgery import Act, Forgery, mended
from tests.unit.proof.forgeries.of_results import set_value
from tests.unit.proof.honest import Run


def forgotten_by_the_result() -> Iterator[Forgery]:
    """The log has it, and the result, with its sums mended, has nothing of it."""
    for key, label, value in (
        ("engine", "engine", None),
        ("compose", "compose", ""),
        ("along", "with", {}),
        ("packages", "added", []),
        ("stand_in", "STAND-IN", None),
    ):
        act = partial(_forget, key=key, value=value)
        yield Forgery(
            f"result without {key}", act, Reason.CONTRADICTION, rf"{LOG}, line \d+: '{label} .*, of which {RESULT}"
        )


def _forget(run: Run, key: str, value: object) -> None:
    rocks = snapshot.digest(run.honest.info.trees["rocks"].files)
    info = replace(run.honest.info, along={"rocks": rocks}, packages=("sand 1.0",), stand_in="Odoo 19.0 was tested.")
    run.anew(replace(run.honest, info=info))
    set_value(f"run.{key}", value)(run)
    run.edit(LOG, lambda text: re.sub(r"(?s)(^.*)hub-runner \| STAND-IN [^\n]*\n", r"\1", text))  # that of the footer
    run.mend_all()


def read_in_two_ways() -> Iterator[Forgery]:
    """One reader of the file sees what is true, and another one what is not."""

    def twice(name: str, before: str, after: str) -> Act:
        return lambda run: run.edit(name, lambda text: text.replace(before, f"{after}, {before}", 1))

    def beside(document: dict[str, Any]) -> None:
        predicate = document["predicate"]
        document["predicate.passedTests"] = predicate["passedTests"]
        predicate["passedTests"] = [*predicate["passedTests"], "traction.tests.test_rock.TestDream.test_it"]

    def files(change: dict[str, Any]) -> Act:
        return lambda run: run.edit_proof(lambda it: it["predicate"][statement.OWN]["files"].update(change))

    for name, before, after in (
        (PROOF, '"result": "PASSED"', '"result": "FAILED"'),
        (RESULT, '"waived": []', '"waived": 1'),
    ):
        act = mended(Run.mend_proof)(twice(name, before, after)) if name == RESULT else twice(name, before, after)
        yield Forgery(f"a key twice in {name}", act, Reason.UNREADABLE, f"{name} is no JSON: the key '.*' stands in it more")
    for key, value in (("return_code", False), ("return_code", 0.0), ("dirty", 0)):
        place = f"{PROOF}: predicate.{statement.OWN}.{key} is"
        yield Forgery(f"statement with {key} {value!r}", _own(**{key: value}), Reason.CONTRADICTION, place)
    yield Forgery(
        "a key that looks like a way to another one",
        partial(Run.edit_proof, change=beside),
        Reason.CONTRADICTION,
        f"{PROOF}: predicate.passedTests is .*nothing",
    )
    yield Forgery(
        "the sum of a file that no run writes", files({"all.xml": {"sha256": "1"}}), Reason.CONTRADICTION, "files.all.xml"
    )
    yield Forgery(
        "a number that is none", mended(Run.mend_proof)(set_value("phases.x", float("nan"))), Reason.UNREADABLE, "NaN is no"
    )


def _own(**values: Any) -> Act:
    return lambda run: run.edit_proof(lambda it: it["predicate"][statement.OWN].update(values))
