"""The files of one run as somebody else has got them: whatever is in there is a claim until it has been checked."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import NoReturn

import hub_runner
from hub_runner.errors import UsageError
from hub_runner.host.files import BROKEN
from hub_runner.proof.types_of_result import misfit
from hub_runner.report import show
from hub_runner.report.causes import Cause
from hub_runner.report.result_file import Json, from_json, to_json
from hub_runner.report.statement import COVERED, OPTIONAL, OWN, PREDICATE, STATEMENT
from hub_runner.result import Result, Tree
from hub_runner.settings import BATCH_JSON, JUNIT, LOG, PROOF, RESULT, SIGNATURE
from hub_runner.text import shorten

NOWHERE = Path("/nonexistent")
_SHA256 = re.compile(r"[0-9a-f]{64}")


class Unreadable(Exception):
    """A file is cut off, or was not written by hub-runner. The message says which file, and where."""


@dataclass(frozen=True, kw_only=True)
class FileSums:
    """What the statement says of one file: its sha256, and the sums of its parts (see ``report/sums.py``)."""

    sha256: str
    lines: tuple[str, ...] = ()
    parts: Mapping[str, str] | None = None


@dataclass(frozen=True, kw_only=True)
class ClaimedTree:
    """One module as it was tested: its folder in the checkout (None: it came from elsewhere), the sha256 of each file."""

    folder: PurePosixPath | None
    files: Mapping[str, str]


@dataclass(frozen=True)
class Bundle:
    """``contents`` are the files that are there, by their plain names. Reading what is in them may raise Unreadable."""

    folder: Path
    contents: Mapping[str, bytes]

    @cached_property
    def document(self) -> Json:
        """result.json."""
        return self._json(RESULT)

    @cached_property
    def result(self) -> Result:
        """What result.json says, with the files of the modules from the statement if there is one."""
        try:
            result = from_json(self.document)
            if place := misfit(result):
                raise TypeError(f"{place} has a value of a type that no run writes")
            to_json(result)  # a value that makes no sense shows when it is used
        except BROKEN as error:
            raise Unreadable(f"{RESULT} is not a result of hub-runner: {error!r}") from error
        root = result.info.root
        claimed = self.trees if PROOF in self.contents else {}
        trees = {name: Tree(folder=_folder(root, tree), files=tree.files) for name, tree in claimed.items()}
        return replace(result, info=replace(result.info, trees=trees))

    @cached_property
    def causes(self) -> tuple[Cause, ...]:
        """As result.json has them: to find them again, the module's files as they were would be needed."""
        tests = {failure.title: failure for failure in reversed(self.result.verdict.failures)}
        try:
            return tuple(
                Cause(
                    exception=str(cause["exception"]),
                    failures=tuple(tests[name] for name in cause["tests"]),
                    file=cause["file"],
                    line=cause["line"],
                    function=str(cause["function"]),
                    advice=str(cause.get("advice", "")),  # older files have none
                    source=tuple((int(number), str(text)) for number, text in cause["source"]),
                )
                for cause in self.document["causes"]
            )
        except BROKEN as error:
            raise Unreadable(f"causes in {RESULT} do not fit its tests: {error!r}") from error

    @cached_property
    def statement(self) -> Json:
        """proof.json, checked for the types that make it one."""
        document = self._json(PROOF)
        if (document.get("_type"), document.get("predicateType")) != (STATEMENT, PREDICATE):
            raise Unreadable(f"{PROOF} is not an in-toto statement with a test result")
        return document

    @cached_property
    def sums(self) -> Mapping[str, FileSums]:
        """The checksums of the files, by name."""
        try:
            return {
                name: FileSums(
                    sha256=str(known["sha256"]),
                    lines=tuple(map(str, known.get("lines", ()))),
                    parts={str(part): str(value) for part, value in known["parts"].items()} if "parts" in known else None,
                )
                for name, known in self.statement["predicate"][OWN]["files"].items()
                if name in (*COVERED, *OPTIONAL)
            }
        except BROKEN as error:
            raise Unreadable(f"{PROOF} has no checksums: {error!r}") from error

    @cached_property
    def trees(self) -> Mapping[str, ClaimedTree]:
        """The modules of the checkout that the run used, by name."""
        try:
            modules = self.statement["predicate"][OWN]["modules"].items()
            trees = {
                str(name): ClaimedTree(
                    folder=None if tree["folder"] is None else PurePosixPath(tree["folder"]), files=dict(tree["files"])
                )
                for name, tree in modules
            }
        except BROKEN as error:
            raise Unreadable(f"{PROOF} does not list the modules' files: {error!r}") from error
        if not all(_SHA256.fullmatch(str(value)) for tree in trees.values() for value in tree.files.values()):
            raise Unreadable(f"{PROOF} lists the modules' files without the sha256 of each")
        return trees

    @property
    def version(self) -> str:
        """The version of hub-runner that the result names; log and statement must name the same."""
        return str(self.document.get("hub_runner"))

    @property
    def is_of_this_version(self) -> bool:
        """Another version may have other words for the same verdict: then only what is no sentence is compared."""
        return self.version == hub_runner.__version__

    def _json(self, name: str) -> Json:
        try:
            document = parsed(self.contents[name])
        except KeyError as error:
            raise Unreadable(f"{name} is not there") from error
        except json.JSONDecodeError as error:
            cut = "it is cut off" if error.pos >= len(self.contents[name].rstrip()) - 1 else "it is no JSON"
            raise Unreadable(f"{name}, line {error.lineno}, column {error.colno}: {cut} ({error.msg})") from error
        except (ValueError, RecursionError) as error:  # of UTF-8; nested too deeply
            raise Unreadable(f"{name} is no JSON: {error}") from error
        if not isinstance(document, dict):
            raise Unreadable(f"{name} is no JSON object")
        return document


def parsed(data: bytes) -> object:
    """A JSON document that says one thing to every reader. Raises ValueError (RecursionError if it is nested too deeply)."""
    return json.loads(data, object_pairs_hook=_object, parse_constant=_no_number)


def _object(pairs: list[tuple[str, object]]) -> Json:
    """Of a key that stands twice one reader takes the first value, and another one the last."""
    found = dict(pairs)
    if len(found) < len(pairs):
        twice = next(key for key, times in Counter(key for key, _ in pairs).items() if times > 1)
        raise ValueError(f"the key {shorten(repr(twice), 60)} stands in it more than once")
    return found


def _no_number(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no number of JSON")


def find(output: Path, target: str | None) -> Bundle:
    """The files of the last run, or of ``target``: a folder, a file of a run, a run id or a module. Raises UsageError."""
    named: dict[str, Path] = {}
    folder = output
    if target is not None:
        path = Path(target)
        if path.is_dir():
            folder = path
        elif path.is_file():
            folder, named = path.parent, {_name_of(path): path}
        elif path.exists():
            raise UsageError(f"{path} is no file and no folder.")
        elif path.suffix or len(path.parts) > 1:
            raise UsageError(f"There is no {path}. Name a run's folder, its {RESULT} or {LOG}, a run id or a module.")
        else:
            folder = show.find(output, target)
    contents = {}
    # After a command of several modules the plain names of the others lead to what all of them have together.
    optional = () if (folder / BATCH_JSON).exists() else OPTIONAL
    for name in (*COVERED, *optional, PROOF, SIGNATURE):
        path = named.get(name, folder / name)
        try:
            if path.exists() and not path.is_file():  # a pipe or a device would be read for ever
                raise UsageError(f"{path} is no file.")
            contents[name] = path.read_bytes()
        except FileNotFoundError:
            continue
        except OSError as error:
            raise UsageError(f"{path} cannot be read: {error.strerror}.") from error
    if RESULT not in contents and LOG not in contents:
        raise UsageError(f"There is neither {RESULT} nor {LOG} in {folder}: nothing was tested there.")
    return Bundle(folder, contents)


def _folder(root: Path, tree: ClaimedTree) -> Path:
    return NOWHERE if tree.folder is None else root / tree.folder


def _name_of(path: Path) -> str:
    """Which of a run's files this is, whatever somebody has called it."""
    if path.name in (*COVERED, PROOF, SIGNATURE):
        return path.name
    with path.open("rb") as file:
        head = file.read(400)
    if head.startswith(b"{"):
        return PROOF if b'"_type"' in head else RESULT
    return JUNIT if head.startswith(b"<?xml") else LOG
