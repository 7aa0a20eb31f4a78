"""What is said of a manifest and of the files that it lists, without Odoo."""

from __future__ import annotations

import pytest

from tests.unit.checkout.lint.written import found, shown, written


def test_a_data_file_that_is_not_there_stops_the_installation_at_its_line_of_the_manifest() -> None:
    """U5."""
    manifest = "{\n  'name': 'Probe',\n  'data': [\n    'views/rok.xml',\n  ],\n}"
    text = written({"views/rock.xml": "<odoo/>"}, manifest=manifest)
    assert shown(text)[0] == (
        "!__manifest__.py:4: views/rok.xml is listed in 'data' and does not exist; did you mean views/rock.xml?"
    )


@pytest.mark.parametrize(("key", "meant"), [("datas", "data"), ("depend", "depends"), ("Data", "data")])
def test_a_mistyped_key_is_named_at_its_line(key: str, meant: str) -> None:
    """Odoo leaves it out without a word: the module then has no data, or no dependency."""
    text = written({"views/rock.xml": "<odoo/>"}, manifest=f"{{\n'name': 'Probe',\n'{key}': ['views/rock.xml']}}")
    assert shown(text) == [f"__manifest__.py:3: Odoo reads no {key!r} in a manifest; did you mean {meant}?"]


@pytest.mark.parametrize("key", ["maintainers", "images", "development_status", "qweb", "update_xml", "my key"])
def test_a_key_of_other_tools_is_not_named(key: str) -> None:
    assert shown(written({}, manifest=f"{{'{key}': [], 'name': 'Probe', 1: 2}}")) == []


def test_a_demo_file_that_is_not_there_does_not_stop_it() -> None:
    (finding,) = found(written({}, manifest="{'demo': ['demo.xml']}"))
    assert not finding.stops


def test_a_list_that_is_a_text_stops_the_installation() -> None:
    (finding,) = found(written({}, manifest="{'data': 'views.xml'}"))
    assert finding.stops
    assert "must be a list of files" in finding.message


@pytest.mark.parametrize("data", ["{'views.xml'}", "{'views.xml': 1}"])
def test_braces_for_brackets_are_named_and_stop_nothing_because_odoo_goes_through_them(data: str) -> None:
    text = written({"views.xml": "<odoo/>"}, manifest=f"{{'data': {data}}}")
    (line,) = shown(text)
    assert line.startswith("__manifest__.py:1: 'data' must be a list of files, not {'views.xml'")
    (_, line) = shown(written({}, manifest=f"{{'data': {data}}}"))
    assert line == "!__manifest__.py:1: views.xml is listed in 'data' and does not exist"


@pytest.mark.parametrize("key", ["init_xml", "update_xml"])
def test_lists_that_most_series_pass_over_stop_nothing_and_define_what_data_may_need(key: str) -> None:
    files = {"a.xml": "<odoo><menuitem id='a'/></odoo>", "b.xml": "<odoo><menuitem id='b' parent='a'/></odoo>"}
    assert shown(written(files, manifest=f"{{'data': ['b.xml'], '{key}': ['a.xml']}}")) == []
    broken = written({"a.xml": "<odoo>"}, manifest=f"{{'{key}': ['a.xml', 'gone.xml'], 'data': []}}")
    assert len(found(broken)) == 2
    assert not any(finding.stops for finding in found(broken))


@pytest.mark.parametrize("path", ["views/rock.xml", "data/rock.csv", "security/ir.model.access.csv", "report/deep/x.xml"])
def test_a_data_file_that_no_list_names_is_named(path: str) -> None:
    """U6: it passed without a word."""
    (finding,) = found(written({path: "<odoo/>"}))
    assert not finding.stops
    assert finding.message == f"no list of __manifest__.py names {path}, so Odoo does not load it"


@pytest.mark.parametrize(
    ("files", "manifest"),
    [
        ({"static/src/xml/rock.xml": "<t/>"}, "{}"),
        ({"tests/data/rock.xml": "<odoo/>"}, "{}"),
        ({"views/rock.xml": "<odoo/>"}, "{'demo': ['views/rock.xml']}"),
        ({"views/rock.xml": "<odoo/>"}, "{'data': ['./views/rock.xml']}"),
        ({"data/rock.xml": "<odoo/>"}, "{'assets': {'web.assets_backend': ['probe/static/x.js', 'data/rock.xml']}}"),
        ({"data/rock.xml": "<odoo/>", "hooks.py": "convert_file(env, 'probe', 'data/rock.xml')"}, "{}"),
        ({"data/rock.csv": "id", "hooks.py": "load(env, 'rock')"}, "{}"),
        ({"data/rock.csv": "id", "hooks.py": "load(env, 'data/rock')"}, "{}"),
        ({"data/template/account.account-de.csv": "id"}, "{}"),
        ({"data/rock.txt": ""}, "{}"),
    ],
)
def test_a_file_that_something_may_well_read_is_not_named(files: dict[str, str], manifest: str) -> None:
    assert shown(written(files, manifest=manifest)) == []


@pytest.mark.parametrize(
    ("files", "manifest"),
    [
        ({"views/rock.xml": "<odoo/>", "models/__init__.py": "from . import rock", "models/rock.py": "rock = 1"}, "{}"),
        ({"views/probe.xml": "<odoo/>", "hooks.py": "env.ref('probe.rock'), path('probe', 'static')"}, "{}"),
        ({"views/mail.xml": "<odoo/>"}, "{'depends': ['mail']}"),
    ],
)
def test_a_view_is_no_less_unlisted_because_its_model_or_its_module_bears_its_name(
    files: dict[str, str], manifest: str
) -> None:
    told = shown(written({**files, "__init__.py": "from . import models"}, manifest=manifest))
    assert any("no list of __manifest__.py names views/" in line for line in told), told


def test_xml_that_is_not_well_formed_stops_the_installation_at_its_line() -> None:
    """U5."""
    text = written({"data/rock.xml": "<odoo>\n  <record>\n</odoo>\n"}, manifest="{'data': ['data/rock.xml']}")
    assert shown(text) == ["!data/rock.xml:3: is not well-formed XML: mismatched tag: <record> of line 2 is still open"]


def test_broken_xml_in_demo_data_is_a_finding_that_does_not_stop_it() -> None:
    (finding,) = found(written({"demo/rock.xml": "<odoo>"}, manifest="{'demo': ['demo/rock.xml']}"))
    assert not finding.stops


@pytest.mark.parametrize(
    "xml", ["<?xml version='1.0' encoding='latin-1'?><odoo>\xe4</odoo>", "<t:a/>", "<!DOCTYPE odoo><odoo/>"]
)
def test_xml_that_odoo_takes_is_well_formed(xml: str) -> None:
    assert shown(written({"data/rock.xml": xml.encode("latin-1")}, manifest="{'data': ['data/rock.xml']}")) == []


@pytest.mark.parametrize(
    ("version", "series", "ok"),
    [
        ("18.0.1.0.0", "19.0", False),
        ("saas~19.2.1.0.5", "19.0", False),
        ("18.0.1.0.0", None, True),
        ("19.0.1.0.0", "19.0", True),
        ("1.0.0", "19.0", True),
        ("1.0", "19.0", True),
    ],
)
def test_a_version_of_another_series_is_named_if_the_series_is_known(version: str, series: str | None, ok: bool) -> None:
    known = {"series": series} if series else {}
    lines = shown(written({}, manifest=f"{{'version': {version!r}}}", **known))
    assert (
        lines == [] if ok else [f"__manifest__.py:1: version {version} is not of Odoo {series}, which does not install it"]
    )


def test_a_missing_comma_between_two_data_files_is_named() -> None:
    lines = shown(written({"a.xml": "<odoo/>", "b.xml": "<odoo/>"}, manifest="{'data': ['a.xml' 'b.xml']}"))
    assert lines == [
        "!__manifest__.py:1: a.xmlb.xml is listed in 'data' and does not exist; a comma is missing after 'a.xml'"
    ]


@pytest.mark.parametrize(
    ("xml", "line", "message"),
    [
        ("<odoo>\n<record name='a & b'/>\n</odoo>", 2, "& is written &amp;"),
        ("<odoo>\n<record name=\u201ca\u201d/>\n</odoo>", 2, "a typographic quote is none for XML"),
        ("<odoo>\n<record domain=\"[('a', '<', 1)]\"/>\n</odoo>", 2, "in an attribute < is written &lt;"),
        ("<odoo>\n<record id=a/>\n</odoo>", 2, "the value of an attribute stands in quotes"),
        ("<odoo>\n<record id='a'name='b'/>\n</odoo>", 2, "a quote or a blank before an attribute may be missing"),
        ("<odoo>\n<record>\n</odoo>", 3, "<record> of line 2 is still open"),
        ("<odoo>\n<data>\n</data>\n", 4, "<odoo> of line 1 is never closed"),
    ],
)
def test_what_makes_xml_not_well_formed_is_said_in_plain_words(xml: str, line: int, message: str) -> None:
    (shown_line,) = shown(written({"a.xml": xml}, manifest="{'data': ['a.xml']}"))
    assert shown_line.startswith(f"!a.xml:{line}: is not well-formed XML: ")
    assert message in shown_line


@pytest.mark.parametrize(
    ("file", "data", "words"),
    [
        ("models.py", "x = 'größe'".encode("latin-1"), "this is no Python: the file is not written in UTF-8 (the byte 0xf6"),
        ("models.py", "x = 1".encode("utf-16"), "this is no Python: the file is written in UTF-16"),
        (
            "data/x.xml",
            "<odoo>größe</odoo>".encode("latin-1"),
            "is not well-formed XML: not well-formed (invalid token): the",
        ),
    ],
)
def test_a_file_in_another_encoding_is_called_so(file: str, data: bytes, words: str) -> None:
    """A byte of Latin-1 in XML was said to be a missing quote."""
    (line,) = shown(written({file: data}, manifest="{'data': ['data/x.xml']}" if file.endswith("xml") else "{}"))
    assert f"{file}:1: {words}" in line


def test_an_encoding_that_the_file_itself_names_is_no_mistake() -> None:
    python = "# -*- coding: latin-1 -*-\nx = 'größe'".encode("latin-1")
    xml = '<?xml version="1.0" encoding="iso-8859-1"?><odoo>größe</odoo>'.encode("latin-1")
    assert shown(written({"models.py": python, "data/x.xml": xml}, manifest="{'data': ['data/x.xml']}")) == []
