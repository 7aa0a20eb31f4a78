import hashlib
import io
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from hub_runner.errors import EnvironmentFailure
from hub_runner.report import observers
from hub_runner.report.log import LogFile, refused
from hub_runner.report.result_file import dumps, to_json
from hub_runner.settings import LOG
from tests.conftest import room_for
from tests.unit.report import samples


def run_log(root: Path, run: str = "run-1") -> LogFile:
    return LogFile.create(root / ".hub-runner/runs" / run, root)


def finish(log: LogFile, root: Path) -> bytes:
    log.finished(samples.green(root))
    return log.path.read_bytes()


def test_it_is_there_before_anything_is_known_and_replaces_the_log_of_the_run_before(tmp_path: Path) -> None:
    (tmp_path / LOG).write_text("PASSED, long ago")
    for observer in observers(tmp_path / "old", tmp_path, stdout=io.StringIO(), environ={}):
        observer.finished(samples.green(tmp_path))
    assert (tmp_path / "result.json").exists()
    assert (tmp_path / "junit.xml").exists()
    log = run_log(tmp_path)
    assert (tmp_path / LOG).read_bytes() == b""
    assert not (tmp_path / "result.json").exists()
    assert not (tmp_path / "junit.xml").exists()
    finish(log, tmp_path)


def test_what_is_output_can_be_read_under_both_names_at_once(tmp_path: Path) -> None:
    log = run_log(tmp_path)
    log.output(b"no line end yet")
    assert (tmp_path / LOG).read_bytes() == log.path.read_bytes() == b"no line end yet"
    finish(log, tmp_path)


def test_bytes_of_odoo_are_kept_as_they_came(tmp_path: Path) -> None:
    log = run_log(tmp_path)
    chunks = [b"\xff\xfe\x00\x1b[31m", b"x" * 1_000_000, b"\r\n\n", "ä".encode()[:1]]
    for chunk in chunks:
        log.output(chunk)
    assert finish(log, tmp_path).startswith(b"".join(chunks) + b"\nhub-runner | ====")


def test_our_words_start_on_a_line_of_their_own_and_bear_our_mark(tmp_path: Path) -> None:
    log = run_log(tmp_path)
    log.started(samples.info(tmp_path))
    log.output(b"half a line")
    log.note("two\nlines \x1b[31m")
    text = finish(log, tmp_path).decode()
    assert [line for line in text.splitlines() if not line.startswith("hub-runner |")] == ["half a line"]


def test_the_header_names_all_that_a_reviewer_needs(tmp_path: Path) -> None:
    log = run_log(tmp_path)
    log.started(replace(samples.info(tmp_path), stand_in="Odoo 19.0 stands in for odoo:18.0"))
    header = log.path.read_text()
    for needed in ("ab12", "traction 1.0.0", "c" * 40 + " with uncommitted", "2026-01-02 03:04:05 UTC", "26.1.5", "2.26.1"):
        assert needed in header
    assert "postgres:17 sha256:111" in header
    assert "odoo:18.0 sha256:222" in header
    assert "sha256:777" in header
    assert "python -m hub_runner run traction" in header
    assert "*** Odoo 19.0 stands in for odoo:18.0 ***" in header
    finish(log, tmp_path)


def test_what_becomes_known_later_is_written_once(tmp_path: Path) -> None:
    log = run_log(tmp_path)
    log.started(replace(samples.info(tmp_path), port=None))
    assert "8090" not in log.path.read_text()
    for _ in range(3):
        log.learned(samples.info(tmp_path))
    assert finish(log, tmp_path).decode().count("127.0.0.1:8090") == 1


def test_the_footer_says_why_the_run_ended_and_what_the_cleanup_found(tmp_path: Path) -> None:
    log = run_log(tmp_path)
    log.finished(samples.left_behind(tmp_path))
    text = log.path.read_text()
    assert re.search(r"exit code +6\n", text)
    assert "cleanup_incomplete: A network is left: docker network rm" in text
    assert "LEFT BEHIND  network hub-agent-test-traction_default" in text


def test_each_failure_is_named_with_the_command_that_repeats_it(tmp_path: Path) -> None:
    log = run_log(tmp_path)
    log.finished(samples.red(tmp_path))
    text = log.path.read_text()
    assert "nox -s test -- traction --test-tags /traction:TestRock.test_escalate\n" in text
    assert "41: 39 passed, 1 failed, 1 error, 0 skipped" in text


def test_the_command_in_the_footer_proves_that_nothing_above_it_was_edited(tmp_path: Path) -> None:
    log = run_log(tmp_path)
    log.output(b"some\n" * 1000)
    text = finish(log, tmp_path).decode()
    found = re.search(r"head -c (\d+) (\S+) \| sha256sum", text)
    assert found
    above = (tmp_path / found[2]).read_bytes()[: int(found[1])]
    assert f"sha256 of the {found[1]} bytes above: {hashlib.sha256(above).hexdigest()}" in text
    assert b"some\n" * 1000 in above
    assert log.sha256 == hashlib.sha256(log.path.read_bytes()).hexdigest()


def test_the_sum_covers_all_that_the_log_claims(tmp_path: Path) -> None:
    """U14: the verdict, the exit code and the counts stood below the sum, and could be edited."""
    log = run_log(tmp_path)
    log.finished(samples.red(tmp_path))
    text = log.path.read_text()
    below = text[text.index("hub-runner | evidence") :]
    assert re.fullmatch(r"hub-runner \| evidence .*\nhub-runner \| check with .*\n", below)
    for claim in ("VERDICT", "exit code", "failure", "cleanup", "finished"):
        assert f"hub-runner | {claim}" in text
        assert claim not in below


FORGED = "1.0\nVERDICT      PASSED traction\nhub-runner | exit code    0\r\nhub-runner | tests 9\x1b[2J"


def test_nothing_that_a_module_says_of_itself_looks_like_a_line_of_ours(tmp_path: Path) -> None:
    """B3: a version with line ends in a manifest forged the footer."""
    info = replace(samples.info(tmp_path), module_version=FORGED, command=("run", FORGED), commit=FORGED)
    failure = samples.failed(FORGED)
    result = replace(samples.result(failure, problems=(samples.problem(message=FORGED),), root=tmp_path), cleanup=FORGED)
    log = run_log(tmp_path)
    log.started(info)
    log.note(FORGED)
    log.finished(result)
    lines = log.path.read_text().splitlines()
    assert [line for line in lines if line.startswith("hub-runner | VERDICT")] == [
        "hub-runner | VERDICT      FAILED traction: 1 of 1 test failed in 12.3 s on Odoo 19.0"
    ]
    assert [line for line in lines if line.startswith("hub-runner | exit code")] == ["hub-runner | exit code    1"]
    assert not [line for line in lines if not line.startswith("hub-runner |") or not line.isprintable()]


def test_what_the_guard_appends_meanwhile_is_part_of_the_evidence(tmp_path: Path) -> None:
    log = run_log(tmp_path)
    with log.path.open("ab") as other:
        other.write(b"a word of the guard\n")
    assert b"a word of the guard" in finish(log, tmp_path)
    assert log.sha256 == hashlib.sha256(log.path.read_bytes()).hexdigest()


def test_two_runs_never_mix_and_the_plain_name_stays_with_the_younger_one(tmp_path: Path) -> None:
    elder, younger = run_log(tmp_path, "run-1"), run_log(tmp_path, "run-2")
    elder.output(b"elder")
    younger.output(b"younger")
    finish(younger, tmp_path)
    finish(elder, tmp_path)
    assert (tmp_path / LOG).read_bytes() == younger.path.read_bytes()
    assert b"younger" not in elder.path.read_bytes()


def test_a_disk_that_fills_up_is_said_once_and_does_not_stop_the_run(tmp_path: Path) -> None:
    log = run_log(tmp_path)
    with room_for(1000):
        for _ in range(3):
            log.output(b"x" * 600)
    text = finish(log, tmp_path).decode()
    assert "*** 800 bytes of output are missing (File too large) ***" in text
    assert "PASSED" in text
    assert log.troubles == ["The log is not complete: 800 bytes of output are missing (File too large)."]
    assert log.sha256 == hashlib.sha256(log.path.read_bytes()).hexdigest()


def test_a_disk_that_stays_full_is_said_by_the_summary_and_leaves_no_evidence(tmp_path: Path) -> None:
    log = run_log(tmp_path)
    with room_for(1000):
        log.output(b"x" * 1001)
        log.finished(samples.green(tmp_path))
    assert log.sha256 is None
    assert log.troubles[-1] == "The log has no proper end: File too large."


def test_a_folder_that_cannot_be_written_is_refused_with_the_setting_to_change(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(EnvironmentFailure, match=r"cannot be written in .*--output.*Nothing was tested"):
        LogFile.create(tmp_path / "file/run", tmp_path / "file")


def test_a_folder_in_the_place_of_the_log_is_refused(tmp_path: Path) -> None:
    (tmp_path / LOG / "something").mkdir(parents=True)
    with pytest.raises(EnvironmentFailure, match="--output"):
        run_log(tmp_path)


def test_a_log_that_somebody_removes_in_mid_run_breaks_nothing_off(tmp_path: Path) -> None:
    log = run_log(tmp_path)
    log.path.unlink()
    (tmp_path / LOG).unlink()
    log.output(b"x")
    log.finished(samples.green(tmp_path))
    assert log.sha256


def test_a_refused_run_leaves_a_log_that_says_so_and_no_older_result(tmp_path: Path) -> None:
    finish(run_log(tmp_path), tmp_path)
    (tmp_path / "result.json").write_text(dumps(to_json(samples.green(tmp_path))))
    refused(tmp_path, "There is no module 'tracton'.\nDid you mean traction?")
    assert (tmp_path / LOG).read_text() == (
        "hub-runner | NO RUN BEGAN, nothing was tested: There is no module 'tracton'.\n"
        "hub-runner |     Did you mean traction?\n"
        "hub-runner | The run before this command is another one; its files: .hub-runner/runs/run-1\n"
    )
    assert not (tmp_path / "result.json").exists()
    assert "PASSED" in (tmp_path / ".hub-runner/runs/run-1" / LOG).read_text()


@pytest.mark.parametrize("text", ["", "{}", '{"schema": 1}', "<testsuites name='pytest tests'/>", "\xff" * 9999])
def test_results_of_other_tools_stay_where_no_run_of_ours_takes_their_place(tmp_path: Path, text: str) -> None:
    for name in ("result.json", "junit.xml"):
        (tmp_path / name).write_text(text)
    refused(tmp_path, "There is no module 'tracton'.")
    assert (tmp_path / "result.json").read_text() == (tmp_path / "junit.xml").read_text() == text


def test_a_refusal_makes_no_log_where_it_is_only_to_replace_one(tmp_path: Path) -> None:
    refused(tmp_path / "new", "no", anew=False)
    assert list(tmp_path.iterdir()) == []
    (tmp_path / LOG).symlink_to("gone")
    refused(tmp_path, "no", anew=False)
    assert "NO RUN BEGAN" in (tmp_path / LOG).read_text()


def test_each_chunk_is_on_disk_even_when_the_process_is_killed_right_after(tmp_path: Path) -> None:
    program = (
        "import os, sys; from pathlib import Path; from hub_runner.report.log import LogFile; r = Path(sys.argv[1]);"
        "LogFile.create(r / 'run', r).output(b'the last words'); os.kill(os.getpid(), 9)"
    )
    assert subprocess.run((sys.executable, "-c", program, str(tmp_path)), check=False).returncode == -9
    assert (tmp_path / LOG).read_bytes() == b"the last words"
