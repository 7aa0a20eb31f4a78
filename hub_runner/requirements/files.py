"""Requirements files as pip reads them, without pip: requirements, constraints, and options that say where to look."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement

from hub_runner.errors import UsageError
from hub_runner.requirements import names
from hub_runner.text import relative, without_credentials

GENERATED = "# generated from manifests external_dependencies"  # the first line of what OCA's tools write
LOOKUP = ("--index-url", "--extra-index-url", "--find-links", "--trusted-host")
SHORT = {"-i": "--index-url", "-f": "--find-links", "-r": "--requirement", "-c": "--constraint", "-e": "--editable"}
FLAGS = ("--pre", "--prefer-binary", "--no-index")
HOW = ("--no-binary", "--only-binary", "--require-hashes", "--use-feature")  # how pip does its work
_COMMENT = re.compile(r"(^|\s)#.*$")
_OPTIONS = re.compile(r"\s--(?:hash|config-settings?|global-option|install-option)[= ].*$")
_OPTION = re.compile(r"(?P<long>--[\w-]+)(?:=(?P<given>.*))?|(?P<short>-\w)(?P<joined>.*)")
_VARIABLE = re.compile(r"\$\{([A-Z0-9_]+)\}")


@dataclass(frozen=True, kw_only=True)
class Line:
    """One requirement; ``place`` is its file and line."""

    requirement: Requirement
    place: str


@dataclass(frozen=True, kw_only=True)
class RequirementsFile:
    """What one file says, with the files that it includes."""

    requirements: list[Line] = field(default_factory=list)
    constraints: list[str] = field(default_factory=list)
    options: list[str] = field(default_factory=list)


def is_generated(path: Path) -> bool:
    """Whether OCA's tools wrote the file from the manifests of all modules of the repository. It is passed over.

    The manifests of the closure say the same, without the packages of neighbours, which would hide a missing one.
    """
    return content(path).lstrip().startswith(GENERATED)


def read(path: Path, root: Path) -> RequirementsFile:
    """All that ``path`` says. Raises UsageError with file and line for what hub-runner does not install."""
    found = RequirementsFile()
    _read(path, root.resolve(), found, constraint=False, above=())
    return found


def expanded(text: str, environ: Mapping[str, str] = os.environ) -> str:
    """With the values of variables that stand as ``${NAME}``, as pip has it: for a command, and for no key or message."""
    return _VARIABLE.sub(lambda match: environ.get(match[1]) or match[0], text)


def _read(path: Path, root: Path, found: RequirementsFile, *, constraint: bool, above: tuple[Path, ...]) -> None:
    path = path.resolve()
    if path in above or is_generated(path):
        return
    for number, text in _lines(content(path)):
        place = f"{relative(path, root)}, line {number}"
        if text.startswith("-"):
            for name, value in _options(text, place):
                _option(name, value, place, path, root, found, (*above, path))
        elif constraint:
            found.constraints.append(text)
        else:
            found.requirements.append(Line(requirement=_requirement(text, place), place=place))


def _options(text: str, place: str) -> Iterator[tuple[str, str]]:
    """The options of one line by their long names, with their values."""
    try:
        words = iter(shlex.split(text))
    except ValueError as error:  # a quotation mark alone
        raise UsageError(f"{place}: {without_credentials(text)!r} cannot be read ({error}).") from error
    for word in words:
        match = _OPTION.fullmatch(word)
        if not match:
            shown = without_credentials(text)
            raise UsageError(f"{place}: {shown!r} is neither a requirement nor an option. Take the dash out, or the line.")
        name, value = match["long"] or SHORT.get(match["short"], match["short"]), match["given"] or match["joined"] or ""
        yield name, value or ("" if name in (*FLAGS, "--require-hashes") else next(words, ""))


def _option(
    name: str, value: str, place: str, path: Path, root: Path, found: RequirementsFile, above: tuple[Path, ...]
) -> None:
    if name in ("--requirement", "--constraint"):
        other = path.parent / value
        if "://" in value or not other.is_file():
            raise UsageError(f"{place}: {without_credentials(value)} is not a file of this checkout.")
        _read(other, root, found, constraint=name == "--constraint", above=above)
    elif name in LOOKUP:
        local = name == "--find-links" and "://" not in expanded(value)
        found.options.append(f"{name}={(path.parent / expanded(value)).resolve() if local else value}")
    elif name in FLAGS:
        found.options.append(name)
    elif name == "--editable":
        raise _not_an_index(value, place)
    elif name not in HOW:
        raise UsageError(f"{place}: hub-runner does not know the option {name}. Take it out.")


def _requirement(text: str, place: str) -> Requirement:
    if named := re.fullmatch(r"(git\+\S+?#(?:\S+&)?egg=([\w.-]+)\S*)", text):  # an address that says whose it is
        text = f"{named[2]} @ {named[1]}"
    elif re.match(r"https?://", text) and _is_wheel(text.split()[0]):  # the name of a wheel says whose it is
        text = f"{text.partition('#')[0].rpartition('/')[2].partition('-')[0].replace('_', '-')} @ {text}"
    if re.match(r"(git|hg|svn|bzr)\+|https?://|file:|\.{0,2}/|\.$", text):
        raise _not_an_index(text, place)
    try:
        requirement = Requirement(text)
    except InvalidRequirement as error:
        shown, reason = without_credentials(text), without_credentials(str(error).splitlines()[0])
        raise UsageError(f"{place}: {shown!r} is not a requirement of Python ({reason}).") from error
    is_module = names.module(requirement) is not None  # its files are fetched, and none of its code is run
    if requirement.url and not (is_module and requirement.url.startswith("git+")) and not _is_wheel(requirement.url):
        raise _not_an_index(text, place)
    return requirement


def _is_wheel(address: str) -> bool:
    return address.partition("#")[0].endswith(".whl")


def _not_an_index(text: str, place: str) -> UsageError:
    return UsageError(
        f"{place}: {without_credentials(text)!r} is neither on an index nor a wheel. Building it would run its code "
        "with this machine's access to the network, so hub-runner does not. Name a release of it instead, or the address "
        "of a wheel."
    )


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """Logical lines and their numbers, without comments, per-requirement options and blank lines."""
    begun, number = "", 0
    for at, line in enumerate([*text.splitlines(), ""], 1):  # the last line, too, may say that it goes on
        number = number or at
        if line.endswith("\\") and not line.lstrip().startswith("#"):
            begun += line[:-1]
            continue
        whole = _OPTIONS.sub("", _COMMENT.sub("", begun + line)).strip()
        if whole:
            yield number, whole
        begun, number = "", 0


def content(path: Path) -> str:
    """What a file says. Raises UsageError."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, ValueError) as error:
        raise UsageError(f"{path} cannot be read: {error}.") from error
