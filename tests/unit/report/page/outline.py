"""What a page is made of, as a parser of HTML sees it."""

from __future__ import annotations

from collections import Counter
from html.parser import HTMLParser

VOID = {"meta", "img"}


class Outline(HTMLParser):
    """Names of elements and attributes, and the text. Elements that are not closed in order are in ``crooked``."""

    def __init__(self, page: bytes) -> None:
        super().__init__()
        self.elements: Counter[str] = Counter()
        self.attributes: Counter[str] = Counter()
        self.addresses: list[str] = []
        self.crooked: list[str] = []
        self.ids: list[str] = []
        self.text = ""
        self._open: list[str] = []
        self.feed(page.decode())
        self.close()
        self.crooked += self._open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements[tag] += 1
        for name, value in attrs:
            self.attributes[name] += 1
            if name in ("href", "src"):
                self.addresses.append(value or "")
            if name == "id":
                self.ids.append(value or "")
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self._open or self._open.pop() != tag:
            self.crooked.append(tag)

    def handle_data(self, data: str) -> None:
        if self._open[-1:] != ["style"]:
            self.text += data


# All that our templates use. Nothing that runs, and nothing that is fetched.
ELEMENTS = {
    *(
        "html",
        "head",
        "meta",
        "title",
        "style",
        "body",
        "a",
        "header",
        "p",
        "span",
        "h1",
        "nav",
        "ul",
        "li",
        "main",
        "section",
    ),
    *(
        "h2",
        "h3",
        "h4",
        "article",
        "code",
        "pre",
        "details",
        "summary",
        "svg",
        "rect",
        "div",
        "table",
        "thead",
        "tbody",
        "tr",
    ),
    *("th", "td", "dl", "dt", "dd", "figure", "figcaption", "img", "footer", "strong"),
}
ATTRIBUTES = {
    *("lang", "charset", "http-equiv", "content", "name", "class", "id", "href", "aria-label", "aria-labelledby"),
    *(
        "aria-hidden",
        "focusable",
        "tabindex",
        "role",
        "scope",
        "viewbox",
        "preserveaspectratio",
        "x",
        "y",
        "width",
        "height",
    ),
    *("alt", "src"),
}
