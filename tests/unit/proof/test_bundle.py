from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from hub_runner.errors import UsageError
from hub_runner.proof import bundle
from hub_runner.proof.verify import whole_disagreements
from hub_runner.report.log import refused
from hub_runner.settings import JUNIT, LOG, PROOF, REPORT, RESULT
from tests.unit.proof.honest import Run


def found(run: Run, target: str | None) -> bundle.Bundle:
    return bundle.find(run.output, target)


def test_the_last_run_is_found_by_its_plain_names(run: Run) -> None:
    assert found(run, None).folder == run.output
    assert set(found(run, None).contents) == {LOG, RESULT, JUNIT, REPORT, PROOF}


@pytest.mark.parametrize("target", ["traction", "hub-agent-test-traction-1767323045-ab12", "1767323045"])
def test_a_run_is_found_by_its_module_or_id(target: str, run: Run) -> None:
    assert found(run, target).folder == run.folder


@pytest.mark.parametrize("name", [LOG, RESULT, JUNIT, PROOF])
def test_each_file_of_a_run_leads_to_the_others(name: str, run: Run) -> None:
    assert found(run, str(run.folder / name)).contents == found(run, str(run.folder)).contents


@pytest.mark.parametrize("name", [LOG, RESULT, JUNIT, PROOF])
def test_a_file_that_was_given_another_name_is_known_by_what_is_in_it(name: str, run: Run) -> None:
    expected = found(run, str(run.folder)).contents
    (run.folder / name).rename(run.folder / "WO-12.txt")
    assert found(run, str(run.folder / "WO-12.txt")).contents == expected


@pytest.mark.parametrize("target", ["nowhere", "no/where", "gone.log"])
def test_a_target_that_is_not_there_is_refused(target: str, run: Run) -> None:
    with pytest.raises(UsageError, match=target):
        found(run, target)


def test_a_folder_without_a_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="nothing was tested there"):
        bundle.find(tmp_path, None)


def test_after_a_command_that_was_refused_nothing_is_proven(run: Run) -> None:
    refused(run.output, "There is no module 'x'.")
    code, said = run.verify(target=str(run.output))
    assert code == 1
    assert f"missing: {RESULT} is not there" in said
    assert "make no claim that can be read" in said


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "[]",
        "{}",
        '{"schema": 1}',
        '{"schema": 99}',
        "[" * 100_000,
        "\ud800",
        '{"schema": 1, "tests": 3, "problems": []}',
    ],
)
@pytest.mark.parametrize("name", [RESULT, PROOF])
def test_whatever_stands_in_a_file_it_is_a_disagreement_and_no_crash(name: str, text: str, run: Run) -> None:
    (run.folder / name).unlink()
    (run.folder / name).write_bytes(text.encode(errors="surrogatepass"))
    code, said = run.verify()
    assert code == 1
    assert f"unreadable: {name}" in said


def test_values_of_another_type_are_a_disagreement_and_no_crash(run: Run) -> None:
    document = json.loads(run.read(RESULT))
    places = [(key,) for key in document] + [("run", key) for key in document["run"]]
    for place in places:
        wrong: tuple[object, ...] = (3, [{}])
        for value in wrong:
            changed = json.loads(json.dumps(document))
            holder = changed["run"] if len(place) > 1 else changed
            if holder[place[-1]] != value:
                holder[place[-1]] = value
                (run.folder / RESULT).unlink()
                (run.folder / RESULT).write_text(json.dumps(changed))
                read = bundle.find(run.output, str(run.folder))
                assert list(whole_disagreements(read, run.root, None)), (place, value)


def test_a_page_that_was_changed_is_told(run: Run) -> None:
    (run.output / REPORT).unlink()  # a link to the file in the run's folder
    (run.output / REPORT).write_text("all is well", encoding="utf-8")
    code, said = run.verify(target=None)
    assert code == 1
    assert f"{REPORT} was changed" in said


@pytest.mark.parametrize("name", [LOG, RESULT, JUNIT, PROOF])
def test_a_pipe_in_the_place_of_a_file_is_refused_and_not_waited_for(name: str, run: Run) -> None:
    (run.folder / name).unlink()
    os.mkfifo(run.folder / name)
    for target in (run.folder, run.folder / name):
        with pytest.raises(UsageError, match=rf"{name} is no file"):
            found(run, str(target))


def test_a_device_in_the_place_of_a_file_is_refused_and_not_read_for_ever(run: Run) -> None:
    (run.folder / LOG).unlink()
    (run.folder / LOG).symlink_to("/dev/zero")
    with pytest.raises(UsageError, match="is no file"):
        found(run, str(run.folder))
