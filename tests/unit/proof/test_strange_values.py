"""Values that no run writes, in files of others: a reason, and never a traceback with exit code 70."""

from __future__ import annotations

import contextlib
import io
import json
import math
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from hub_runner.errors import UsageError
from hub_runner.fleet import matrix
from hub_runner.fleet.matrix import Shard
from hub_runner.fleet.merge import merge
from hub_runner.proof import bundle
from hub_runner.proof.checksums import files_agree
from hub_runner.report import batch_report
from hub_runner.report.show import View, show, show_list
from hub_runner.settings import BATCH_JSON, BATCH_XML, JUNIT, RESULT
from tests.unit.proof.honest import Run
from tests.unit.report import samples
from tests.unit.report.test_batch_report import ran

EARLY = "0001-01-01T00:00:00+10:00"  # the calendar of Python has no such time in UTC
STRANGE: tuple[object, ...] = (None, "x", math.inf, [], {}, EARLY)


def strange(document: Any) -> Iterator[str]:
    """Replaces each value of a document by each strange one, of a list the first item's; yields where."""
    pairs = document.items() if isinstance(document, dict) else list(enumerate(document))[:1]
    for key, value in list(pairs):
        for other in STRANGE:
            document[key] = other
            yield f"{key}={other!r}"
        document[key] = value
        if isinstance(value, dict | list):
            yield from (f"{key}.{where}" for where in strange(value))


def test_show_says_of_any_result_that_it_cannot_be_read_or_shows_it(tmp_path: Path) -> None:
    ran(tmp_path, "traction", samples.red(tmp_path))
    document = json.loads((tmp_path / RESULT).read_text())
    for where in strange(document):
        (tmp_path / RESULT).write_text(json.dumps(document))
        with contextlib.suppress(UsageError):
            assert isinstance(show(tmp_path, io.StringIO(), view=View.SUMMARY), int), where


def test_show_refuses_phases_without_seconds(tmp_path: Path) -> None:
    ran(tmp_path, "traction", samples.green(tmp_path))
    document = json.loads((tmp_path / RESULT).read_text())
    (tmp_path / RESULT).write_text(json.dumps({**document, "phases": {"x": "abc"}}))
    with pytest.raises(UsageError, match=r"result\.json cannot be read"):
        show(tmp_path, io.StringIO())


@pytest.mark.parametrize("finished", ["2026-01-02T03:04:05", EARLY])
def test_one_run_that_cannot_be_listed_does_not_hide_the_others(finished: str, tmp_path: Path) -> None:
    for run_id in ("hub-agent-test-traction-1-aaaa", "hub-agent-test-traction-2-bbbb"):
        result = samples.green(tmp_path)
        log = tmp_path / ".hub-runner/runs" / run_id / result.info.log.name
        ran(tmp_path, "traction", replace(result, info=replace(result.info, run_id=run_id, log=log)))
    folders = {path.parent.name: path for path in (tmp_path / ".hub-runner/runs").glob(f"*/{RESULT}")}
    path = folders.popitem()[1]
    path.write_text(json.dumps({**json.loads(path.read_text()), "finished": finished}))
    shown = io.StringIO()
    show_list(tmp_path, shown)
    assert all(name in shown.getvalue() for name in folders)


@pytest.mark.parametrize(("old", "new"), [('"phases": {', '"phases": {"x": Infinity, '), ("started", EARLY)])
def test_verify_calls_such_a_result_unreadable(old: str, new: str, run: Run) -> None:
    path = run.folder / RESULT
    text = path.read_text()
    changed = re.sub(r'"started": "[^"]*"', f'"started": "{new}"', text) if old == "started" else text.replace(old, new)
    assert changed != text
    path.write_text(changed)
    code, said = run.verify(target=str(run.folder))
    assert code == 1
    assert "NOT PROVEN" in said


@pytest.mark.parametrize("encoding", ["foo", "utf-7"])
def test_verify_calls_junit_xml_in_another_encoding_unreadable(encoding: str, run: Run) -> None:
    data = b'<?xml version="1.0" encoding="%s"?>\n<testsuites/>' % encoding.encode()
    found = bundle.find(run.output, None)
    reasons = [it.text for it in files_agree(replace(found, contents={**found.contents, JUNIT: data}))]
    assert any("its encoding cannot be read" in text for text in reasons)


@pytest.fixture
def shards(tmp_path: Path) -> Path:
    """Two shards and their plan; of the second one the tests break a file."""
    folder = tmp_path / "shards"
    for number, module in enumerate(("alpha", "beta")):
        shard = folder / f"shard-{number}"
        shard.mkdir(parents=True)
        batch_report.write([ran(shard, module, samples.green(shard))], 1.0, 0, shard)
    plan = (Shard(number=1, modules=("alpha",), seconds=1.0), Shard(number=2, modules=("beta",), seconds=1.0))
    (folder / "matrix.json").write_text(matrix.document(plan))
    return folder


FIELDS = [
    ("seconds", "1"),
    ("seconds", math.nan),
    pytest.param("seconds", 10**400, id="seconds-huge"),
    ("tests", None),
    ("tests", True),
    ("failures", "abc"),
    ("part", []),
    ("folder", 3),
    ("return_code", "0"),
    ("module", None),
]


@pytest.mark.parametrize(("name", "value"), FIELDS)
def test_merge_has_the_table_of_all_other_modules(name: str, value: object, shards: Path) -> None:
    path = shards / "shard-1" / BATCH_JSON
    document = json.loads(path.read_text())
    document["modules"][0][name] = value
    path.write_text(json.dumps(document))
    ends, code, notes = merge([shards], shards.parent / "out")
    assert ({end.module: end.return_code for end in ends}, code) == ({"alpha": 0, "beta": None}, 3)
    assert "cannot be read" in notes[0]


def test_merge_takes_no_result_whose_values_have_other_types(shards: Path) -> None:
    (shards / "shard-1" / BATCH_JSON).unlink()
    path = shards / "shard-1" / RESULT
    document = json.loads(path.read_text())
    document["run"]["module"] = ["beta"]
    path.write_text(json.dumps(document))
    ends, code, notes = merge([shards], shards.parent / "out")
    assert ({end.module: end.return_code for end in ends}, code) == ({"alpha": 0, "beta": None}, 3)
    assert "cannot be read" in notes[0]


@pytest.mark.parametrize(
    "text",
    [
        '<?xml version="1.0" encoding="foo"?><testsuites/>',
        '<testsuite name="beta"><testcase name="t" time="x"/></testsuite>',
    ],
)
def test_merge_goes_without_suites_that_cannot_be_read(text: str, shards: Path) -> None:
    (shards / "shard-1" / BATCH_XML).write_text(text)
    ends, code, _ = merge([shards], shards.parent / "out")
    assert ({end.module: end.return_code for end in ends}, code) == ({"alpha": 0, "beta": 0}, 0)
    assert 'name="no_result"' in (shards.parent / "out" / BATCH_XML).read_text()


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("run", "port"), []),
        (("run", "engine"), False),
        (("tests", 0, "queries"), "many"),
        (("tests", 0, "runs"), True),
        (("tests", 0, "traceback"), None),
        (("tests", 0, "logged"), [1]),
        (("tests", 0, "standard"), 1),
    ],
)
def test_verify_calls_a_value_of_another_type_unreadable_whatever_the_sums_say(
    path: tuple[str | int, ...], value: object, run: Run
) -> None:
    def change(document: Any) -> None:
        for step in path[:-1]:
            document = document[step]
        document[path[-1]] = value

    run.edit_result(change)
    run.mend_proof()
    code, said = run.verify()
    assert code == 1
    assert re.search(
        rf"unreadable: result.json is not a result of hub-runner: .*\.{path[-1]} has a value of a type", said
    ), said
