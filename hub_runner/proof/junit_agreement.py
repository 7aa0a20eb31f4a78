"""Whether junit.xml says of each test what result.json says."""

from __future__ import annotations

import io
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Iterator

from hub_runner.proof.bundle import Bundle, Unreadable
from hub_runner.proof.disagreement import Disagreement, contradiction
from hub_runner.report import junit
from hub_runner.settings import JUNIT, RESULT

Cases = dict[str, tuple[str, str]]


def junit_with_result(bundle: Bundle) -> Iterator[Disagreement]:
    """Each case that is missing, added or changed. Raises Unreadable."""
    data = bundle.contents.get(JUNIT)
    if data is None:
        return
    written = junit.to_xml(bundle.result, bundle.causes)
    expected = _cases(written)
    try:
        found = _cases(data)
    except ET.ParseError as error:
        line, column = error.position
        raise Unreadable(f"{JUNIT}, line {line}, column {column}: it is cut off, or no XML") from error
    except (LookupError, ValueError) as error:  # an encoding that nobody knows, or that has several bytes a character
        raise Unreadable(f"{JUNIT}: its encoding cannot be read ({error})") from error
    texts = bundle.is_of_this_version
    differences = list(_differences(expected, found, texts=texts))
    yield from differences
    if texts and not differences and ET.canonicalize(written, strip_text=True) != ET.canonicalize(data, strip_text=True):
        yield contradiction(f"{JUNIT} holds more than {RESULT} comes to: a suite or element of another kind, or attributes")


def _differences(expected: Cases, found: Cases, *, texts: bool) -> Iterator[Disagreement]:
    for name in [*expected, *(name for name in found if name not in expected)]:
        here, there = found.get(name), expected.get(name)
        if here is None:
            yield contradiction(f"{JUNIT} has no {name}; {RESULT} says that it {there[0] if there else ''}")
        elif there is None:
            yield contradiction(f"{JUNIT} has {name} ({here[0]}), of which {RESULT} says nothing")
        elif here[0] != there[0]:
            yield contradiction(f"{JUNIT}: {name} {here[0]}; {RESULT} says that it {there[0]}")
        elif texts and here != there:
            yield contradiction(f"{JUNIT}: what it says of {name} is not what {RESULT} says")


def _cases(data: bytes) -> Cases:
    """How each case ended, and all that stands in it; the suite's own properties and numbers are a case, too.

    What has the name of an earlier one is numbered: readers take the first, the last, or the worst of them.
    """
    cases: Cases = {}
    names: Counter[str] = Counter()

    def add(name: str, ended: str, text: str) -> None:
        names[name] += 1
        cases[name if names[name] == 1 else f"{name} once more ({names[name]})"] = ended, text

    for _, element in ET.iterparse(io.BytesIO(data)):  # noqa: S314  # expat 2.4.1 and later stop what grows without end
        if element.tag == "testcase":
            ended = next((child.tag for child in element if child.tag in ("failure", "error", "skipped")), "passed")
            add(f"{element.get('classname')}.{element.get('name')}", ended, ET.tostring(element, "unicode").strip())
            element.clear()
        elif element.tag in ("testsuite", "testsuites", "properties"):
            inside = ET.tostring(element, "unicode").strip() if element.tag == "properties" else ""
            add(f"<{element.tag}>", "is there", f"{sorted(element.attrib.items())}{inside}")
    return cases
