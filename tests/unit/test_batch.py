from __future__ import annotations

from pathlib import Path

import pytest

from hub_runner.batch import run_modules
from hub_runner.errors import HubRunnerError, UsageError
from hub_runner.fleet.selection import Request
from hub_runner.report import batch_report
from hub_runner.report.module_end import ModuleEnd
from hub_runner.settings import Settings
from tests.conftest import write_module

LOG = "proof_of_execution_tests.log"


@pytest.fixture
def settings(addons: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    write_module(addons, "probe")
    monkeypatch.delenv("HUB_RUNNER_PARENT", raising=False)
    monkeypatch.setenv("PATH", "")
    return Settings(root=addons.parent)


def test_no_module_says_what_to_type_and_lists_the_modules(settings: Settings) -> None:
    """W1."""
    with pytest.raises(UsageError, match=r"Which module\?.*probe"):
        run_modules(Request(), settings, command=())


def test_one_wrong_name_among_several_is_refused_before_any_run(settings: Settings) -> None:
    with pytest.raises(UsageError, match="There is no module 'prob'"):
        run_modules(Request(names=["prob", "probe"]), settings, command=())
    assert not (settings.root / ".hub-runner").exists()


def test_a_refusal_replaces_the_log_of_an_older_run(settings: Settings) -> None:
    """I9: a stale log was taken for the latest run."""
    (settings.root / LOG).write_text("all tests passed", encoding="utf-8")
    with pytest.raises(HubRunnerError):
        run_modules(Request(names=["prob"]), settings, command=())
    text = (settings.root / LOG).read_text(encoding="utf-8")
    assert "passed" not in text
    assert "nothing was tested: There is no module 'prob'" in text


def test_a_refusal_leaves_no_verdict_of_the_batch_before(settings: Settings) -> None:
    batch_report.write([ModuleEnd.without_result("probe", 0)], 1.0, 0, settings.root)
    assert (settings.root / "batch.xml").is_file()
    with pytest.raises(HubRunnerError):
        run_modules(Request(names=["prob", "probe"]), settings, command=())
    assert not list(settings.root.glob("batch.*"))
