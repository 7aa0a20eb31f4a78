"""The pages that are looked at, and the browser that looks."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from hub_runner.report.module_end import ModuleEnd
from hub_runner.report.page.batch_page import batch_page
from hub_runner.report.page.pictures import PNG
from hub_runner.report.page.run_page import run_page
from hub_runner.result import Coverage, FileCoverage, Result
from tests.unit.report import samples
from tests.unit.report.page import hostile

CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
NAMES = ("green", "red", "hostile", "batch", "green-batch", "hostile-batch")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    program = next(filter(None, map(shutil.which, CHROMIUM)), None)
    assert program, f"No Chromium is installed: none of {', '.join(CHROMIUM)} is on the PATH. `apt-get install chromium`."
    arguments = ["--no-sandbox"] if os.getuid() == 0 else []  # Chromium refuses to sandbox itself for root
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=program, args=arguments)
        yield found
        found.close()


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """With a page NAME.html for each of NAMES. Screenshots of them come into the folder that PAGES names, if it does."""
    folder = tmp_path_factory.mktemp("pages")
    (folder / "x.log").write_bytes(hostile.ALL.encode("utf-8", "replace"))
    for name, page in _pages(folder).items():
        (folder / f"{name}.html").write_bytes(page)
    return folder


def _pages(folder: Path) -> dict[str, bytes]:
    green, red, bad = _measured(samples.green(folder)), samples.red(folder), hostile.result(folder)
    picture = folder / "sc_1_TestRock.png"
    picture.write_bytes(PNG)
    red = replace(red, info=replace(red.info, pictures=(str(picture),)))
    several = {name: _of(name, made) for name, made in (("sale_rock", green), ("hr_rock", red), ("stock_rock", green))}
    ends = [ModuleEnd.of(result, folder) for result in several.values()]
    ends.append(ModuleEnd.never_run("late_rock", "the batch was stopped before"))
    links = {"hr_rock": "red.html", "sale_rock": "green.html"}
    return {
        "green": run_page(green),
        "red": run_page(red, with_pictures=True),
        "hostile": run_page(bad),
        "batch": batch_page(ends, several, links, "FAILED: 1 of 4 modules red, 1 not run", 1),
        "green-batch": batch_page([ends[0], ends[2]], several, links, "PASSED: 2 modules, 82 tests in 25 s", 0),
        "hostile-batch": batch_page(
            hostile.ends(), {hostile.WORDS[0]: bad}, {hostile.WORDS[1]: hostile.ALL}, hostile.ALL, 1
        ),
    }


def _of(module: str, result: Result) -> Result:
    return replace(result, info=replace(result.info, module=module))


def _measured(result: Result) -> Result:
    files = (
        FileCoverage(
            file="addons/traction/models/rock.py",
            statements=40,
            missed=3,
            branches=8,
            missed_branches=1,
            missing="3-5, 9->11",
        ),
        FileCoverage(file="addons/traction/models/kpi.py", statements=30, missed=0),
    )
    return replace(result, verdict=replace(result.verdict, coverage=Coverage(version="7", branch=True, files=files)))
