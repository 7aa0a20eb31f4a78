"""An XML data file as Odoo reads it: what its records ask for, and what is wrong in their shape."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from xml.parsers import expat

_IN_ARCH = re.compile(r"(?<!%)%\((?P<name>\w+(?:\.\w+)?)\)[ds]")
_REF = re.compile(r"\bref\(\s*[\"'](?P<name>[\w.]+)[\"']\s*\)")
_DATA = ("odoo", "openerp", "data")
_GONE = ("attrs", "states")  # attributes that Odoo refuses since 17.0


@dataclass(frozen=True, kw_only=True)
class Asked:
    """An external id that must be there when Odoo comes to this line, before the element with the number ``position``."""

    line: int
    name: str
    position: int


@dataclass(frozen=True, kw_only=True)
class Mistake:
    """``since`` is the series from which on Odoo refuses it; empty if any does."""

    line: int
    message: str
    since: str = ""


@dataclass(kw_only=True)
class DataFile:
    asked: list[Asked] = field(default_factory=list)
    mistakes: list[Mistake] = field(default_factory=list)
    ids: dict[str, int] = field(default_factory=dict)  # with the number of the first element that has it, from 0 on


def read(data: bytes) -> DataFile:
    """What a file asks for, and its mistakes; nothing if it is not well-formed (``data_parser.xml_ids`` says why)."""
    reader = _Reader(data)
    try:
        reader.parser.Parse(data, True)
    except (expat.ExpatError, ValueError, LookupError):
        return DataFile()
    return reader.file


class _Reader:
    def __init__(self, data: bytes) -> None:
        self.file = DataFile()
        self.parser = expat.ParserCreate()
        self.parser.StartElementHandler, self.parser.EndElementHandler = self._start, self._end
        self.parser.CharacterDataHandler, self.parser.CommentHandler = self._text, self._comment
        self._lines = data.decode("utf-8", errors="replace").splitlines()
        self._open: list[tuple[str, dict[str, str]]] = []
        self._begun = 0  # how many elements have begun
        self._arch = 0  # how many elements are open that begin with a field of type xml or html
        self._optional = False  # inside of a record that Odoo may pass over
        self._fields: dict[str, str] = {}  # of the record that is read, each with its text
        self._of_view: list[Mistake] = []  # in that record, unless it is a template
        self._set: tuple[str, int] | None = None  # name and line of an <attribute> that sets a gone one if text follows

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        line = self.parser.CurrentLineNumber
        parent = self._open[-1][0] if self._open else ""
        self._set = None
        if self._arch:
            self._in_arch(tag, attributes, line)
        elif tag == "record" and parent in _DATA:
            self._optional = attributes.get("forcecreate", "1").lower() in ("0", "false")
            self._fields, self._of_view = {}, []
            if "model" not in attributes:
                self.file.mistakes.append(Mistake(line=line, message='a <record> names its model: model="..."'))
        elif parent == "record" and tag == "field" and "name" not in attributes:
            self.file.mistakes.append(Mistake(line=line, message='the <field> of a <record> has a name: name="..."'))
        elif parent == "record" and tag != "field":
            self.file.mistakes.append(Mistake(line=line, message=f"a <record> holds <field> elements, and no <{tag}>"))
        if not self._arch:
            if parent == "record" and tag == "field":
                self._fields[attributes.get("name", "")] = attributes.get("eval", "").strip("'\" ")
            for value in self._references(tag, parent, attributes):
                self._ask(value, line)
        self._open.append((tag, attributes))
        if self._arch or (tag == "field" and attributes.get("type") in ("xml", "html")) or (tag == "template"):
            self._arch += 1
        if name := attributes.get("id"):
            self.file.ids.setdefault(name.strip(), self._begun)
        self._begun += 1

    def _references(self, tag: str, parent: str, attributes: dict[str, str]) -> list[str]:
        if tag == "field" and parent == "record":
            evaluated = attributes.get("eval", "")
            named = [] if " if " in evaluated else _REF.findall(evaluated)
            return [*named, *([attributes["ref"]] if attributes.get("ref") else [])]
        if tag == "menuitem":
            groups = [name.strip().removeprefix("-") for name in attributes.get("groups", "").split(",")]
            return [name for name in (attributes.get("parent", ""), attributes.get("action", ""), *groups) if name]
        return [attributes["inherit_id"]] if tag == "template" and attributes.get("inherit_id") else []

    def _in_arch(self, tag: str, attributes: dict[str, str], line: int) -> None:
        field_tag, its = self._open[-1]
        is_view = self._is_view()
        if is_view and tag == "tree" and field_tag == "field" and its.get("name") == "arch":
            message = "<tree> is called <list> since 18.0, which refuses the old name"
            self._of_view.append(Mistake(line=line, message=message, since="18.0"))
        if is_view and self._type() == "xml":
            for name in _GONE:
                if name in attributes:
                    self._gone(name, line)
            if tag == "attribute" and attributes.get("name") in _GONE:
                if attributes.get("add"):
                    self._gone(attributes["name"], line)
                else:
                    self._set = attributes["name"], line
        for value in attributes.values():
            self._names(value, line)

    def _gone(self, name: str, line: int) -> None:
        message = f'`{name}` is gone since 17.0: write the condition in Python, as invisible="not is_big"'
        self._of_view.append(Mistake(line=self._line_of(name, line), message=message, since="17.0"))

    def _text(self, text: str) -> None:
        if self._set and text.strip():  # without text it takes the attribute away
            self._gone(*self._set)
            self._set = None
        if self._arch:
            self._names(text, self.parser.CurrentLineNumber)
        elif self._open and self._open[-1][0] == "field" and (name := self._open[-1][1].get("name", "")) in self._fields:
            self._fields[name] += text.strip()

    def _comment(self, _: str) -> None:
        self._set = None  # Odoo takes only the text before it

    def _names(self, text: str, line: int) -> None:
        if self._type() in ("xml", "html"):
            for match in _IN_ARCH.finditer(text):
                self._ask(match["name"], line)

    def _is_template(self) -> bool:
        """Whether the record may be a QWeb template, which may hold anything. One that extends another has its type."""
        extends_any = "inherit_id" in self._fields and "model" not in self._fields
        return self._fields.get("type") == "qweb" or extends_any

    def _is_view(self) -> bool:
        return any(tag == "record" and its.get("model") == "ir.ui.view" for tag, its in self._open)

    def _type(self) -> str:
        """The type of the field whose contents are read; empty in a template."""
        return next((its.get("type", "") for tag, its in self._open if tag == "field"), "")

    def _end(self, tag: str) -> None:
        self._open.pop()
        if tag == "record":
            if not self._is_template():
                self.file.mistakes += self._of_view
            self._of_view = []
        self._set = None
        self._arch = max(0, self._arch - 1)

    def _ask(self, name: str, line: int) -> None:
        if not self._optional:
            line = self._line_of(name, line)
            self.file.asked.append(Asked(line=line, name=name.strip(), position=self._begun))

    def _line_of(self, word: str, line: int) -> int:
        """The line of a start tag that holds the word: the parser names the tag's first."""
        found = (number for number in range(line, min(line + 30, len(self._lines) + 1)) if word in self._lines[number - 1])
        return next(found, line)
