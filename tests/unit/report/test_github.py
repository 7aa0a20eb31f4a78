import io
import re
from dataclasses import replace
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from hub_runner import report
from hub_runner.report import github
from hub_runner.result import Result
from tests.unit.report import samples

WORKSPACE = Path("/checkout")


def ran(root: Path, result: Result, *chunks: bytes, **environ: str) -> str:
    shown = io.StringIO()
    environ["GITHUB_ACTIONS"] = "true"
    for observer in report.observers(result.info.log.parent, root, stdout=shown, environ=environ):
        observer.started(result.info)
        for chunk in chunks:
            observer.output(chunk)
        observer.finished(result)
    return shown.getvalue()


def obeyed(text: str) -> list[str]:
    """The commands that GitHub's runner would take: ``::`` at a line's start, ``##[`` anywhere, none while stopped."""
    commands, stopped = [], ""
    for line in text.splitlines():
        if not stopped and (line.strip().startswith("::") or "##[" in line):
            commands.append(line)
            stopped = line.removeprefix("::stop-commands::") if line.startswith("::stop-commands::") else ""
        elif stopped and line.strip() == f"::{stopped}::":
            stopped = ""
    return commands


def test_the_failing_line_is_annotated_once_for_all_tests_that_met_it() -> None:
    [command] = github.commands(samples.red(), WORKSPACE)
    assert command.startswith(
        "::error file=addons/traction/tests/test_rock.py,line=44,title=TestRock.test_escalate and 1 more::Traceback"
    )
    assert "%0AAssertionError: res.users(2,) != res.users(7,)" in command


def test_a_checkout_below_the_workspace_is_annotated_where_github_looks() -> None:
    [command] = github.commands(samples.red(Path("/work/hub")), Path("/work"))
    assert "file=hub/addons/traction/tests/test_rock.py" in command


def test_no_more_than_ten_and_the_cause_before_its_consequences() -> None:
    text = samples.TRACEBACK
    failures = [samples.failed(f"test_{number}", traceback=text.replace("44", str(number))) for number in range(50)]
    cause = samples.problem("install_failed", 4, file="addons/a.xml", line=3)
    commands = list(github.commands(samples.result(*failures, problems=(cause,)), WORKSPACE))
    assert len(commands) == 10
    assert commands[0] == "::error file=addons/a.xml,line=3,title=install_failed::2 of 41 tests failed."


@given(st.text(st.characters(), min_size=1))
def test_no_text_ends_its_own_annotation(text: str) -> None:
    failure = samples.failed(text, traceback=text, file=text)
    problem = samples.problem(text, 4, message=text, details=(text,))
    for command in github.commands(samples.result(failure, problems=(problem,)), WORKSPACE):
        assert len(command.splitlines()) == 1
        assert re.fullmatch(r"::error (file=[^,:]*,)?(line=\d+,)?title=[^,:]*::.*", command)


def test_nothing_that_a_test_prints_is_obeyed(tmp_path: Path) -> None:
    evil = "::set-output name=a::b\n##[add-path]/evil\n  ::endgroup::\n::stop-commands::known\n::known::\n"
    failure = samples.failed(traceback=evil, subtests=("::error::x",))
    problem = samples.problem("::error::", 4, message=evil, details=(evil,))
    result = replace(samples.result(failure, problems=(problem,), root=tmp_path), cleanup=evil, leftovers=(evil,))
    line = b"2026-01-02 03:04:05,123 12 ERROR db ::error::x: ##[error]::x \n"
    commands = obeyed(ran(tmp_path, result, evil.encode(), line))
    assert [command.split("::")[1].split()[0] for command in commands] == [
        *("group", "stop-commands", "endgroup"),
        *("error", "error"),
    ]


def test_the_end_of_a_huge_log_is_shown_and_the_rest_is_said_to_be_missing(tmp_path: Path) -> None:
    text = ran(tmp_path, samples.green(tmp_path), b"x" * (3 << 20))
    assert re.search(r"The first \d{7} bytes are left out here\.", text)
    assert len(text) < (1 << 20) + 10_000


def test_the_summary_of_the_step_is_appended(tmp_path: Path) -> None:
    page = tmp_path / "summary.md"
    page.write_text("before\n")
    ran(tmp_path, samples.red(tmp_path), GITHUB_STEP_SUMMARY=str(page))
    text = page.read_text()
    assert text.startswith("before\n### ❌ FAILED traction\\: 2 of 41 tests failed")
    assert "<details><summary>TestRock.test_escalate addons/traction/tests/test_rock.py:41</summary>" in text


def test_a_summary_that_cannot_be_written_is_trouble_and_no_crash(tmp_path: Path) -> None:
    text = ran(tmp_path, samples.green(tmp_path), GITHUB_STEP_SUMMARY=str(tmp_path / "missing/summary.md"))
    assert "trouble: The step summary could not be written" in text


def test_markdown_in_text_is_shown_as_it_stands() -> None:
    assert github.escaped("<b> *a* [x](y) `c` @me #1") == r"\<b\> \*a\* \[x\]\(y\) \`c\` \@me \#1"


@given(st.text(st.sampled_from("`\n a\x1b[0m~"), max_size=60))
def test_no_text_ends_its_own_code_block(text: str) -> None:
    first, *inside, last = github.fenced(text).split("\n")
    assert first == last + "text"
    assert not any(line.strip() == last for line in inside)


def test_a_huge_result_stays_below_what_github_takes() -> None:
    failures = [samples.failed(f"test_{number}", traceback="ä" * 100_000) for number in range(100)]
    problem = samples.problem(message="ü" * 5_000_000, details=("ö" * 1_000_000,) * 99)
    assert len(github.summary(samples.result(*failures, problems=(problem,))).encode()) < 1 << 20


def test_what_does_not_fit_is_left_out_in_whole_paragraphs() -> None:
    problems = [samples.problem("cannot_install", 7, message=f"{number} " + "m" * 900) for number in range(400)]
    text = github.summary(samples.result(problems=tuple(problems)), "https://example.org/artifacts")
    assert re.search(r"\*\*cannot\\_install\*\*: \d+ m{900}\n\n\.\.\. and \d+ paragraphs more\.\n", text)
    assert text.rstrip().endswith("shows all of it, if the workflow uploads it.")


def test_many_red_modules_of_one_step_stay_below_what_github_takes(tmp_path: Path) -> None:
    page = tmp_path / "summary.md"
    result = samples.result(
        *(samples.failed(f"test_{number}", traceback="x\n" * 5000) for number in range(100)), root=tmp_path
    )
    page.write_text("x" * (github.MOST - 2000))
    for _ in range(3):
        ran(tmp_path, result, GITHUB_STEP_SUMMARY=str(page))
    assert page.stat().st_size < 1 << 20
    assert page.read_text().count("100 of 100 tests failed") == 3


def test_the_name_of_a_test_is_no_markdown() -> None:
    failure = samples.failed("test_a\n\n# Heading\n\n![x](https://example.org/x.png)")
    outside = re.sub(r"(?ms)^(`{3,})text$.*?^\1$", "", github.summary(samples.result(failure)))
    assert "<summary>TestRock.test_a  # Heading  ![x]" in outside
    assert not re.search(r"(?m)^(# |!\[)", outside)


def test_without_github_nothing_of_it_is_shown(tmp_path: Path) -> None:
    shown, result = io.StringIO(), samples.red(tmp_path)
    for observer in report.observers(result.info.log.parent, tmp_path, stdout=shown, environ={}):
        observer.finished(result)
    assert "::" not in shown.getvalue()


def test_the_summary_leads_to_the_artifacts(tmp_path: Path) -> None:
    environ = {"GITHUB_SERVER_URL": "https://github.com", "GITHUB_REPOSITORY": "me/hub", "GITHUB_RUN_ID": "77"}
    ran(tmp_path, samples.red(tmp_path), GITHUB_STEP_SUMMARY=str(tmp_path / "summary.md"), **environ)
    text = (tmp_path / "summary.md").read_text(encoding="utf-8")
    assert "[report.html](https://github.com/me/hub/actions/runs/77#artifacts) shows all of it" in text


def test_an_address_that_is_none_of_github_is_no_link() -> None:
    assert github.artifacts({}) == ""
    environ = {"GITHUB_SERVER_URL": "javascript:x", "GITHUB_REPOSITORY": "me/hub)", "GITHUB_RUN_ID": "77"}
    assert github.artifacts(environ) == ""
