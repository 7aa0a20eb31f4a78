from __future__ import annotations

from dataclasses import replace

import pytest

from hub_runner.report import phrases
from tests.unit.report import samples


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ((), ()),
        (("other", "--json", "--jobs", "2"), ()),
        (("--jobs=2", "--cold", "other", "--output", "reports"), ("--cold",)),
        (("--no-demo", "--addons", "addons tests/corpus"), ("--no-demo", "'--addons=addons tests/corpus'")),
        (("--test-tags", "/traction:TestRock", "--odoo-args=--load=base,web"), ("--odoo-args=--load=base,web",)),
        (("--test-tags=nightly", "--wait-for-port", "60", "other"), ("--wait-for-port=60",)),
    ],
)
def test_a_failure_is_repeated_with_the_settings_of_the_command_and_nothing_else(
    typed: tuple[str, ...], kept: tuple[str, ...]
) -> None:
    info = replace(samples.info(), command=("python", "-m", "hub_runner", "run", "traction", *typed))
    wanted = " ".join(("nox -s test -- traction", *kept, "--test-tags /traction:TestRock.test_escalate"))
    assert phrases.reproduce(info, samples.failed()) == wanted


def test_an_interrupted_run_says_how_far_it_had_come() -> None:
    interrupted = samples.problem("interrupted", 130)
    early, late = samples.result(problems=(interrupted,)), samples.result(samples.outcome(), problems=(interrupted,))
    assert "nothing was proven within" in phrases.verdict(early)
    assert "broken off after 12.3 s, when 1 test had ended" in phrases.verdict(late)
