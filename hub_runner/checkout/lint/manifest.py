"""The checks of a manifest and the files that it lists: a version, files that are missing, unlisted or not well-formed."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping

from hub_runner.checkout.lint.data_parser import Broken
from hub_runner.checkout.lint.module_text import DATA, HINTED, ITERABLE, OF_OLD, Finding, Text, hint
from hub_runner.checkout.modules import MANIFEST

# Keys that change what Odoo does, so that one that is mistyped matters: Odoo leaves it out without a word.
KEYS = (
    *("depends", "data", "demo", "assets", "version", "installable", "auto_install", "external_dependencies"),
    *("pre_init_hook", "post_init_hook", "uninstall_hook", "post_load"),
)
LISTS = (DATA, *OF_OLD, "demo", "demo_xml")
# Folders whose XML and CSV files exist to be listed in a manifest. Elsewhere files may be read by a program.
FOR_DATA = ("data", "views", "view", "security", "demo", "report", "reports", "wizard", "wizards", "menus", "templates")


def version(text: Text) -> Iterator[Finding]:
    """A version of another series: Odoo ignores such a module with a warning, or refuses its manifest."""
    parts = text.module.version.split(".")
    if text.series and len(parts) > 3 and parts[:2] != text.series.split("."):
        message = f"version {text.module.version} is not of Odoo {text.series}, which does not install it"
        yield text.finding(MANIFEST, text.manifest_line(text.module.version), message)


def mistyped_keys(text: Text) -> Iterator[Finding]:
    """Keys that are like one that Odoo reads, and that the manifest does not have."""
    lacking = [key for key in KEYS if key not in text.module.manifest]
    for key in text.module.manifest:
        if isinstance(key, str) and key not in KEYS and (meant := hint(key, lacking)):
            yield text.finding(MANIFEST, text.manifest_line(key), f"Odoo reads no {key!r} in a manifest{meant}")


def missing(text: Text) -> Iterator[Finding]:
    """Lists that are none, and files that are listed and not there."""
    told = 0
    for key in LISTS:
        entry = text.module.manifest.get(key) or []
        if not isinstance(entry, (list, tuple)):
            message = f"{key!r} must be a list of files, not {entry!r}"
            yield text.finding(
                MANIFEST, text.manifest_line(key), message, stops=key == DATA and not isinstance(entry, ITERABLE)
            )
        for name in text.listed(key):
            path = posixpath.normpath(name)
            if path in text.files or path.startswith(("..", "/")) or _of_another_module(name, text):
                continue
            told += 1
            meant = _meant(name, path, text) if told <= HINTED else ""
            message = f"{name} is listed in {key!r} and does not exist{meant}"
            yield text.finding(MANIFEST, text.manifest_line(name), message, stops=key == DATA)


def _meant(name: str, path: str, text: Text) -> str:
    candidates = [other for other in text.files if posixpath.splitext(other)[1] == posixpath.splitext(path)[1]]
    return text.joined(name) or hint(path, candidates)


def _of_another_module(name: str, text: Text) -> bool:
    """Old manifests may write ``module/path``: Odoo then looks in the addons folder, too."""
    return (text.module.folder.parent / name).exists()


def unlisted(text: Text) -> Iterator[Finding]:
    """Data files that no list of the manifest names and no program of the module mentions."""
    named = {posixpath.normpath(word) for word in _words(text.module.manifest)}
    programs = {path: data for path, data in text.files.items() if path.endswith((".py", ".js", ".json"))}
    mentioned = b"\n".join(data for path, data in programs.items() if path != MANIFEST)
    for path in text.files:
        parts, name = path.split("/"), posixpath.basename(path)
        if len(parts) < 2 or parts[0] not in FOR_DATA or not name.endswith((".xml", ".csv")) or "template" in parts[1:-1]:
            continue
        stem = name.rpartition(".")[0].encode()  # looked for first: a pattern takes a hundred times as long
        if path not in named and not (stem in mentioned and re.search(_mention(name, text.module.name), mentioned)):
            yield text.finding(path, 1, f"no list of {MANIFEST} names {path}, so Odoo does not load it")


def _mention(name: str, module: str) -> bytes:
    """A pattern for what in a program may mean the file: its name, or a text that is or ends with its name without ``.xml``.

    A model's Python file is often called like the file with its views, and a module like its model: neither is meant.
    """
    stem = name.rpartition(".")[0]
    as_text = rf"|[\"'/]{re.escape(stem)}[\"']" if stem != module else ""
    return rf"\b{re.escape(name)}\b{as_text}".encode()


def _words(value: object) -> Iterator[str]:
    """All texts in a manifest, at any depth: assets and keys of other tools may name files as well."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        yield from (word for entry in value.items() for part in entry for word in _words(part))
    elif isinstance(value, (list, tuple, set)):
        yield from (word for entry in value for word in _words(entry))


def broken_xml(text: Text) -> Iterator[Finding]:
    installed = {posixpath.normpath(name) for name in text.listed(DATA)}
    for path, ids in text.ids.items():
        if isinstance(ids, Broken) and (path in installed or path.split("/")[0] not in ("tests", "static")):
            yield text.finding(path, ids.line, f"is not well-formed XML: {ids.message}", stops=path in installed)
