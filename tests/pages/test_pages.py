"""What a browser and axe-core say of the pages."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, Page

from tests.pages.conftest import NAMES

Scheme = Literal["light", "dark"]
SERIOUS = ("serious", "critical")
ELEMENTS = "a, summary, [tabindex]"  # that take the focus
WIDTHS = {"wide": 1200, "narrow": 360}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", NAMES)
def test_axe_finds_nothing_serious(browser: Browser, folder: Path, name: str, scheme: Scheme) -> None:
    page = browser.new_page(color_scheme=scheme)
    page.goto((folder / f"{name}.html").as_uri())
    open_all(page)
    page.evaluate(Path(os.environ["AXE_CORE"]).read_text(encoding="utf-8"))
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
    told = [f"{it['id']} ({it['impact']}): {it['nodes'][0]['html'][:200]}" for it in found if it["impact"] in SERIOUS]
    assert told == []
    if shown := os.environ.get("PAGES"):
        page.screenshot(path=f"{shown}/{name}-{scheme}.png", full_page=True)
    page.close()


def open_all(page: Page) -> None:
    for summary in page.locator("details:not([open]) > summary").all()[::-1]:
        summary.click()


@pytest.mark.parametrize("name", NAMES)
def test_nothing_runs_and_nothing_is_fetched(browser: Browser, folder: Path, name: str) -> None:
    """A hostile module's names, messages and logs stay text: no script, no dialog, no request, no element of its own."""
    address = (folder / f"{name}.html").as_uri()
    page = browser.new_page()
    requests: list[str] = []
    complaints: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.on("dialog", lambda dialog: complaints.append(dialog.message))
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(address)
    open_all(page)
    for place in page.locator("[tabindex='0'], h1, h3, th").all()[:30]:
        place.hover(force=True)
    page.wait_for_timeout(300)
    assert page.evaluate("window.pwned") is None
    assert [url for url in requests if not url.startswith(("data:image/png", address))] == []
    assert complaints == []
    assert page.url == address
    assert page.locator("script, iframe, object, embed, form, link, base, [onload], [onerror], [style]").count() == 0
    links = page.eval_on_selector_all("a", "links => links.map(link => link.href)")
    assert [link for link in links if not link.startswith(folder.as_uri())] == []
    page.close()


def test_the_policy_stops_what_would_get_through_all_the_same(browser: Browser, folder: Path, tmp_path: Path) -> None:
    """Escaping is the first wall. This is the second one: scripts, pictures and styles that somehow stand in a page."""
    injected = b"<script>window.pwned = 1</script><img src='http://127.0.0.1:9/x.png' onerror='window.pwned = 2'></main>"
    path = tmp_path / "broken.html"
    path.write_bytes((folder / "red.html").read_bytes().replace(b"</main>", injected, 1))
    page = browser.new_page()
    sent: list[str] = []
    page.on("requestfinished", lambda request: sent.append(request.url))
    page.goto(path.as_uri())
    page.wait_for_timeout(300)
    assert page.evaluate("window.pwned") is None
    assert [url for url in sent if url.startswith("http")] == []
    page.close()


@pytest.mark.parametrize("name", NAMES)
def test_it_is_read_without_javascript_on_any_width(browser: Browser, folder: Path, name: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto((folder / f"{name}.html").as_uri())
    assert page.locator("h1").is_visible()
    assert page.locator("main section h2").first.is_visible()
    for shown in page.locator("details").all():
        shown.locator("summary").click()
        assert shown.locator("pre, table").first.is_visible()
    context.close()
    for words, width in WIDTHS.items():
        page = browser.new_page(viewport={"width": width, "height": 800})
        page.goto((folder / f"{name}.html").as_uri())
        assert page.evaluate("document.documentElement.scrollWidth") <= width, f"{words}: the page itself scrolls sideways"
        page.close()


def test_all_of_it_is_reached_by_keyboard(browser: Browser, folder: Path) -> None:
    page = browser.new_page()
    page.goto((folder / "red.html").as_uri())
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "To the content"
    assert page.locator(".skip").is_visible(), "it is seen while it has the focus"
    page.locator("summary").first.focus()
    page.keyboard.press("Enter")
    assert page.locator("details[open]").count() == 1
    open_all(page)
    reached = set()
    for _ in range(60):
        page.keyboard.press("Tab")
        reached.add(page.evaluate(f"[...document.querySelectorAll({ELEMENTS!r})].indexOf(document.activeElement)"))
    assert reached >= set(range(page.locator(ELEMENTS).count()))
    page.close()
