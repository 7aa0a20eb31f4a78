"""Web assets are built for modules whose tests ask for pages."""

from __future__ import annotations

from pathlib import Path

import pytest

from hub_runner.checkout.testfiles import uses_http


def module(folder: Path, text: str | bytes, name: str = "test_it.py") -> Path:
    path = folder / "tests" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return folder


@pytest.mark.parametrize(
    "text",
    [
        "class TestIt(HttpCase): pass",
        "class TestIt(common.HttpCase): pass",
        "class TestIt(HttpCaseWithUserDemo): pass",
        "class TestIt(AccountTestInvoicingHttpCommon): pass",
        "class TestIt(Base):\n    def test_it(self): self.start_tour('/odoo', 'tour')",
        "class TestIt(Base):\n    def test_it(self): self.url_open('/')",
    ],
)
def test_tests_that_ask_for_pages_are_found(tmp_path: Path, text: str) -> None:
    assert uses_http(module(tmp_path, text))


def test_a_common_base_in_a_folder_below_is_found(tmp_path: Path) -> None:
    module(tmp_path, "class TestIt(Common): pass")
    assert uses_http(module(tmp_path, "class Common(HttpCase): pass", "deeper/common.py"))


@pytest.mark.parametrize(
    "text",
    ["class TestIt(TransactionCase): pass", "# class TestIt(HttpCase)", "NAME = 'HttpCase'", "class (", b"\xff\xfe\x00", ""],
)
def test_anything_else_needs_no_pages(tmp_path: Path, text: str | bytes) -> None:
    assert not uses_http(module(tmp_path, text))


def test_a_base_class_of_another_module_of_the_checkout_is_found(tmp_path: Path) -> None:
    mine = module(tmp_path / "mine", "class TestIt(common.WebTest): pass")
    other = module(tmp_path / "other", "class WebTest(HttpCase): pass\n\nclass Unused(WebTest): pass", "common.py")
    assert uses_http(mine, [mine, other])
    assert not uses_http(mine)
    assert not uses_http(module(tmp_path / "third", "class TestIt(TransactionCase): pass"), [other])


def test_classes_that_go_in_circles_are_no_endless_story(tmp_path: Path) -> None:
    assert not uses_http(module(tmp_path, "class A(B): pass\nclass B(A): pass"))


def test_a_module_without_tests_needs_no_pages(tmp_path: Path) -> None:
    assert not uses_http(tmp_path)
