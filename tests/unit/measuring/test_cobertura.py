import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from hub_runner.measuring.cobertura import MARK, merged, with_paths_of

DOCUMENT = b"""<?xml version="1.0" ?>
<coverage version="7.17.4" timestamp="1" lines-valid="4" lines-covered="3" line-rate="0.75" branches-valid="2"
 branches-covered="1" branch-rate="0.5" complexity="0">
<sources><source>/hub-runner/test/coverage.checkout</source></sources>
<packages><package name="addons.a"><classes><class name="x.py" filename="addons/a/x.py"/></classes></package></packages>
</coverage>"""


def test_the_source_of_the_paths_is_the_checkout() -> None:
    document = with_paths_of(Path("/home/me/checkout"), DOCUMENT)
    assert MARK in document[:400], "a run knows its own file by it"
    assert [source.text for source in ET.fromstring(document).iter("source")] == ["/home/me/checkout"]


def test_several_documents_become_one() -> None:
    other = DOCUMENT.replace(b"addons/a/", b"addons/b/").replace(b'lines-covered="3"', b'lines-covered="1"')
    whole = ET.fromstring(merged([DOCUMENT, other]))
    assert [it.get("filename") for it in whole.iter("class")] == ["addons/a/x.py", "addons/b/x.py"]
    assert (whole.get("lines-valid"), whole.get("lines-covered"), whole.get("line-rate")) == ("8", "4", "0.5")
    assert (whole.get("branches-valid"), whole.get("branch-rate")) == ("4", "0.5")


@pytest.mark.parametrize(
    "document", [b"", b"not XML", b"<html/>", b'<!DOCTYPE c [<!ENTITY a "b">]><coverage>&a;</coverage>', b"<coverage/>"]
)
def test_what_is_no_such_document_is_refused(document: bytes) -> None:
    with pytest.raises(ValueError, match=r"coverage\.xml"):
        merged([DOCUMENT, document])
