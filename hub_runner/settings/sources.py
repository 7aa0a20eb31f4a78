"""Where settings are said: ``[tool.hub-runner]`` in pyproject.toml, environment variables ``HUB_RUNNER_*``, flags.

A later one of these wins. An unknown key is an error: a typing mistake must not silently test something else.
"""

from __future__ import annotations

import codecs
import contextlib
import os
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from hub_runner.errors import UsageError
from hub_runner.settings.schema import DEMO, OPTIONS, STRICTNESS, Settings, option
from hub_runner.settings.values import boolean, checked, converted
from hub_runner.text import closest, did_you_mean, not_utf8

TABLE = "tool.hub-runner"
PREFIX = "HUB_RUNNER_"
# Flags whose value may be left out: argparse would take the module behind such a one for its value.
ALONE = {"--keep": "--keep=30m", "--debug": "--debug=pdb"}
# Variables with our prefix that the compose file or our own processes read: they are no settings, and no mistake either.
NOT_SETTINGS = {"PORT", "DB_PASSWORD", "PARENT", "STATE"}


def load(start: Path, *, environ: Mapping[str, str] = os.environ, flags: Mapping[str, object] | None = None) -> Settings:
    """The settings for the checkout that ``start`` lies in. Raises UsageError."""
    root, notes = find_root(start)
    settings = Settings(root=root, notes=notes)
    for source, read in _sources(root, environ, flags or {}):
        settings = _apply(settings, read(), source)
        strict = (name for name in STRICTNESS if "fail" in (getattr(settings, name), getattr(Settings, name)))
        settings = replace(settings, strict=settings.strict or frozenset(strict))  # as the first source has them
    return settings


def load_table(root: Path, table: Mapping[str, object], source: str) -> Settings:
    """The settings of a checkout in which nothing but ``table``, with the keys of [tool.hub-runner], says what they are.

    Raises UsageError that names the ``source``.
    """
    return _apply(Settings(root=root), {key.replace("-", "_"): value for key, value in table.items()}, source)


def find_output(start: Path, flag: str | None, *, environ: Mapping[str, str] = os.environ) -> Path:
    """The output folder of a command that is refused, as far as anyone can tell while another setting is wrong.

    Raises UsageError if even the checkout cannot be told.
    """
    root, _ = find_root(start)
    output = Settings.output
    for _, read in _sources(root, environ, {"output": flag}):
        with contextlib.suppress(UsageError):
            output = str(read().get("output") or output)
    return root / output


_Source = tuple[str, Callable[[], Mapping[str, object]]]  # its name for people, and what is said there; raises UsageError


def _sources(root: Path, environ: Mapping[str, str], flags: Mapping[str, object]) -> tuple[_Source, ...]:
    """Where settings come from; a later source wins."""
    pyproject = root / "pyproject.toml"
    return (
        (f"[tool.hub-runner] in {pyproject}", lambda: _from_pyproject(pyproject)),
        ("the environment", lambda: _from_environ(environ)),
        ("the command line", lambda: flags),
    )


def find_root(start: Path) -> tuple[Path, tuple[str, ...]]:
    """The checkout that ``start`` lies in, and notes for the user.

    It is the nearest folder, from ``start`` upwards, with our compose file or a ``[tool.hub-runner]``; else ``start``. A
    ``pyproject.toml`` that cannot be read counts, because reading it again says what is wrong. If such a folder above
    ``start`` belongs to another user, ``start`` is taken: whoever may write into /tmp must not choose what runs here (git
    has ``safe.directory`` for the same reason). Raises UsageError.
    """
    try:
        start = start.resolve()
        trusted = _trusted(start)
        for folder in (start, *start.parents):
            if deciding := [path for path in (folder / Settings.compose_file, folder / "pyproject.toml") if _is_ours(path)]:
                strangers = [path for path in (folder, *deciding) if path.lstat().st_uid not in trusted]
                if folder == start or not strangers:
                    return folder, ()
                return start, (_not_trusted(start, strangers[0]),)
    except OSError as error:
        raise UsageError(f"The folder that this was started in is gone or cannot be read: {error.strerror}.") from error
    return start, ()


def _trusted(start: Path) -> set[int]:
    """This user, root, who called sudo, and the owner of the folder in which the user chose to stand."""
    sudo = os.environ.get("SUDO_UID", "")
    return {os.getuid(), 0, start.stat().st_uid} | ({int(sudo)} if sudo.isdecimal() and os.getuid() == 0 else set())


def _not_trusted(start: Path, path: Path) -> str:
    return (
        f"{path} belongs to another user (uid {path.lstat().st_uid}), so the settings there are not used, and {start} is "
        "taken for the checkout. If you trust that user, start in the folder of these settings."
    )


def _is_ours(path: Path) -> bool:
    if path.name == Settings.compose_file:
        return path.is_file()
    try:
        return bool(_from_pyproject(path))
    except UsageError:
        return True


def _from_pyproject(path: Path) -> dict[str, object]:
    table = _toml(path)
    for place, tables in (("", table), ("tool.", table.get("tool", {}))):
        for name in tables if isinstance(tables, dict) else ():
            if f"{place}{name}" != TABLE and re.sub(r"[\W_]", "", name).lower() == "hubrunner":
                raise UsageError(f"[{place}{name}] in {path} is not read: write [{TABLE}].")
    for name in TABLE.split("."):
        table = table.get(name, {})
        if not isinstance(table, dict):
            raise UsageError(f"[tool.hub-runner] in {path} must be a table of settings, not {table!r}.")
    values = {key.replace("-", "_"): value for key, value in table.items()}
    for key in values:
        if "_" in key and {key, option(key)} <= set(table):
            raise UsageError(f"[{TABLE}] in {path} has one setting twice, as {key} and as {option(key)}: keep one of them.")
    return values


def _toml(path: Path) -> dict[str, Any]:
    """What the file holds; nothing if there is none. Raises UsageError: what cannot be read must not be left out."""
    try:
        data = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return {}
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}.") from error
    if data.startswith(codecs.BOM_UTF8):
        raise UsageError(f"{path} begins with a byte order mark, which TOML does not allow: save it as UTF-8 without one.")
    if wrong := not_utf8(data):
        raise UsageError(f"{path}:{wrong[0]} {wrong[1]}.")
    try:
        return tomllib.loads(data.decode())
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{path} is not valid TOML: {error}.") from error


def _from_environ(environ: Mapping[str, str]) -> dict[str, object]:
    names = {key[len(PREFIX) :] for key in environ if key.startswith(PREFIX)} - NOT_SETTINGS
    return {name.lower(): environ[PREFIX + name] for name in names}


def _apply(settings: Settings, values: Mapping[str, object], source: str) -> Settings:
    values, notes = _renamed(values, source)
    settings = replace(settings, notes=(*settings.notes, *notes))
    known = {name: field.name for name, field in OPTIONS.items()}
    values = {known.get(option(key), key): value for key, value in values.items()}
    if unknown := sorted(set(values) - set(known.values())):
        names, wrong = sorted(known), option(unknown[0])
        known_are = f"{did_you_mean(closest(wrong, names))} Known are: {', '.join(names)}.".lstrip()
        raise UsageError(f"Unknown setting {wrong!r} in {source}. {known_are}")
    return checked(replace(settings, **{key: converted(key, value, source) for key, value in values.items()}), source)


def _renamed(values: Mapping[str, object], source: str) -> tuple[Mapping[str, object], tuple[str, ...]]:
    """The values with the names of today, and a note for each name of yesterday. Raises UsageError."""
    if "strict_logs" not in values:
        return values, ()
    level = "fail" if boolean("strict_logs", values["strict_logs"], source) else "note"
    others = {key: value for key, value in values.items() if key != "strict_logs"}
    note = f"strict-logs in {source} is an old name and will go: say logged-errors = {level!r} instead."
    return {"logged_errors": level, **others}, (note,)


def completed(words: Sequence[str]) -> Iterator[str]:
    """A command line in which ``--keep``, ``--debug``, ``--demo`` and ``--no-demo`` have the values that they mean."""
    merged = False
    for word, after in zip(words, [*words[1:], ""], strict=False):
        if merged:
            merged = False
        elif word in ALONE:
            yield ALONE[word]
        elif word == "--demo":
            merged = after in DEMO
            yield f"--demo={after if merged else 'on'}"
        else:
            yield "--demo=off" if word == "--no-demo" else word
