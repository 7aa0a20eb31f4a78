"""What a real browser takes in an image, so that Odoo's tours and JavaScript tests run as Odoo runs them."""

from __future__ import annotations

from packaging.requirements import Requirement

from hub_runner.errors import UsageError
from hub_runner.requirements.inventory import Inventory
from hub_runner.requirements.system import SystemPackage
from hub_runner.requirements.wanted import Package

BROWSERS = {"google-chrome", "google-chrome-stable", "chromium", "chromium-browser"}  # Odoo looks for these programs
SOURCE = "the tests, which drive a browser"
# Ubuntu's own package is an empty shell around a snap, which no container can install. Never tried: docs/requirements.md.
CHROME = "https://dl.google.com/linux/direct/google-chrome-stable_current_amd64.deb"


def system_packages(inventory: Inventory) -> list[SystemPackage]:
    """The packages that are missing: a browser, and what makes a film of a failed tour. Chrome's name is an address."""
    names = [] if "ffmpeg" in inventory.programs else ["ffmpeg"]
    if inventory.programs.isdisjoint(BROWSERS):
        names.append(_browser(inventory))
    return [SystemPackage(name=name, source=SOURCE) for name in names]


def _browser(inventory: Inventory) -> str:
    if inventory.system != "ubuntu":
        return "chromium"
    if inventory.seen["machine"] == "x86_64":
        return CHROME
    raise UsageError(
        f"The tests drive a browser, and hub-runner knows none for Ubuntu on {inventory.seen['machine']}. Name an image in "
        "odoo-image that has chromium, or set `browser = false`: then Odoo skips these tests."
    )


def python_packages(inventory: Inventory) -> list[Package]:
    """What Odoo talks to the browser with, if it is missing."""
    here = "websocket" in inventory.importable
    return [] if here else [Package(requirement=Requirement("websocket-client"), source=SOURCE)]
