"""What may be different from one repository, machine or run to the next, and where it is said.

From weak to strong: the defaults below, ``[tool.hub-runner]`` in the checkout's ``pyproject.toml`` (keys with dashes),
environment variables ``HUB_RUNNER_*``, flags. An unknown key is an error: a typing mistake must not silently test
something else.
"""

from __future__ import annotations

import contextlib
import difflib
import os
import re
import shlex
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from hub_runner.errors import UsageError

# The files that a run writes into its output folder, and the folder for all that runs keep.
LOG, RESULT, JUNIT, KEPT = "proof_of_execution_tests.log", "result.json", "junit.xml", ".hub-runner"
PREFIX = "HUB_RUNNER_"
# Read by the compose file or by our own processes: not settings, and no mistake either.
NOT_SETTINGS = {"PORT", "DB_PASSWORD", "PARENT", "STATE"}


def _setting(default: Any, words: str) -> Any:
    """A field of ``Settings``; ``words`` are what ``--help`` says of it."""
    return field(default=default, metadata={"help": words})


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Every setting with its default. Lists are words separated by spaces or commas where they come as text."""

    root: Path
    project: str = _setting("hub", "what all names begin with: PROJECT-agent-test-")
    addons: tuple[str, ...] = _setting(("addons",), "the folders with modules")
    compose_file: str = _setting("docker-compose.agent.yml", "the environment of a run")
    odoo_image: str = _setting("odoo:18.0", "what HUB_RUNNER_ODOO_IMAGE is in the compose file")
    db_image: str = _setting("postgres:17", "what HUB_RUNNER_DB_IMAGE is in the compose file")
    fallback_images: bool = _setting(True, "take the stand-ins of `setup` where those two cannot be had, and say so")
    ports: str = _setting("8090-8100", "where Odoo is published, on 127.0.0.1")
    wait_for_port: float = _setting(0.0, "seconds to wait where all of them are taken")
    health_timeout: float = _setting(120.0, "seconds until Odoo must be healthy")
    test_timeout: float = _setting(3600.0, "seconds for the installation and the tests")
    pull_timeout: float = _setting(1800.0, "seconds for an image to be pulled, or built by compose")
    odoo_args: tuple[str, ...] = _setting((), "more arguments for Odoo's test process, as a shell splits them")
    test_tags: str = _setting("", "only these tests of the module: [-][tag][/module][:Class][.method],...")
    demo: bool = _setting(True, "install demo data")
    languages: tuple[str, ...] = _setting((), "languages to load, such as fr_FR")
    strict_logs: bool = _setting(True, "a test that logs an error fails")
    cold: bool = _setting(False, "install all of Odoo's modules anew, and start from no prepared database")
    cache_limit: float = _setting(10.0, "gigabytes that prepared databases may take; 0: keep none")
    output: str = _setting(".", "the folder for the log and the results")

    @property
    def prefix(self) -> str:
        """What the names of all compose projects of this repository start with."""
        return f"{self.project}-agent-test-"

    @property
    def addons_folders(self) -> tuple[Path, ...]:
        return tuple(self.root / folder for folder in self.addons)

    @property
    def output_folder(self) -> Path:
        return self.root / self.output

    def run_folder(self, run_id: str) -> Path:
        """What one run writes; the names in ``output_folder`` lead to the latest run's."""
        return self.output_folder / KEPT / "runs" / run_id

    @property
    def port_range(self) -> range:
        first, _, last = self.ports.partition("-")
        return range(int(first), int(last or first) + 1)


def load(start: Path, *, environ: Mapping[str, str] = os.environ, flags: Mapping[str, Any] | None = None) -> Settings:
    """The settings for the checkout that ``start`` lies in. Raises UsageError."""
    root = find_root(start)
    settings = Settings(root=root)
    for source, values in (
        (f"[tool.hub-runner] in {root / 'pyproject.toml'}", _from_pyproject(root / "pyproject.toml")),
        ("the environment", _from_environ(environ)),
        ("the command line", dict(flags or {})),
    ):
        settings = _apply(settings, values, source)
    return settings


def find_root(start: Path) -> Path:
    """The nearest folder, from ``start`` upwards, with our compose file or a ``[tool.hub-runner]``; else ``start``.

    One whose ``pyproject.toml`` cannot be read may be ours: reading it will say what is wrong. Raises UsageError."""
    try:
        start = start.resolve()
    except OSError as error:
        raise UsageError(f"The folder that this was started in is gone or cannot be read: {error.strerror}.") from error
    for folder in (start, *start.parents):
        if (folder / Settings.compose_file).is_file() or _may_be_ours(folder / "pyproject.toml"):
            return folder
    return start


def find_output(start: Path, flag: str | None, *, environ: Mapping[str, str] = os.environ) -> Path:
    """Where the log of a run lies, as far as anyone can tell while another setting is wrong. Raises UsageError."""
    root, table = find_root(start), dict[str, Any]()
    with contextlib.suppress(UsageError):
        table = _from_pyproject(root / "pyproject.toml")
    said = (flag, environ.get(f"{PREFIX}OUTPUT"), table.get("output"))
    return root / str(next(filter(None, said), Settings.output))


def _may_be_ours(path: Path) -> bool:
    try:
        return bool(_from_pyproject(path))
    except UsageError:
        return True


def _from_pyproject(path: Path) -> dict[str, Any]:
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError:
        return {}
    except ValueError as error:  # of TOML or of UTF-8
        raise UsageError(f"{path} is not valid TOML: {error}.") from error
    for name in ("tool", "hub-runner"):
        table = table.get(name, {})
        if not isinstance(table, dict):
            raise UsageError(f"[tool.hub-runner] in {path} must be a table of settings, not {table!r}.")
    return {key.replace("-", "_"): value for key, value in table.items()}


def _from_environ(environ: Mapping[str, str]) -> dict[str, Any]:
    names = {key[len(PREFIX) :] for key in environ if key.startswith(PREFIX)} - NOT_SETTINGS
    return {name.lower(): environ[PREFIX + name] for name in names}


def _apply(settings: Settings, values: Mapping[str, Any], source: str) -> Settings:
    known = {field.name for field in fields(Settings)} - {"root"}
    if unknown := sorted(set(values) - known):
        names, wrong = sorted(name.replace("_", "-") for name in known), unknown[0].replace("_", "-")
        close = difflib.get_close_matches(wrong, names, n=1)
        hint = f" Did you mean {close[0]}?" if close else ""
        raise UsageError(f"Unknown setting {wrong!r} in {source}.{hint} Known are: {', '.join(names)}.")
    return _checked(replace(settings, **{key: _convert(key, value, source) for key, value in values.items()}), source)


def _convert(key: str, value: Any, source: str) -> Any:
    """``value`` in the type that the default of ``key`` has. Raises UsageError."""
    kind = type(getattr(Settings, key))
    try:
        if kind is tuple:
            return _words(key, value)
        if kind is bool:
            return {"true": True, "false": False, "1": True, "0": False}[str(value).lower()]
        if isinstance(value, (bool, list, dict)):
            raise TypeError
        return _seconds(value) if kind is float else str(value)
    except (KeyError, TypeError, ValueError):
        wanted = {tuple: "a list of texts", bool: "true or false", float: "a number from 0 to 1000000", str: "a text"}[kind]
        raise UsageError(f"{key.replace('_', '-')} in {source} must be {wanted}, not {value!r}.") from None


def _words(key: str, value: Any) -> tuple[str, ...]:
    """A comma belongs to an argument of Odoo's (``--load=base,web``), and parts everything else."""
    if isinstance(value, str):
        return tuple(shlex.split(value if key == "odoo_args" else value.replace(",", " ")))
    if not isinstance(value, (list, tuple)) or not all(isinstance(word, str) for word in value):
        raise TypeError
    return tuple(value)


def _seconds(value: Any) -> float:
    """More than the kernel can wait for, less than nothing or not a number at all would fail in the middle of a run."""
    if not 0 <= float(value) <= 1e6:
        raise ValueError
    return float(value)


def _checked(settings: Settings, source: str) -> Settings:
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]*", settings.project):
        raise UsageError(f"project in {source} must be a-z, 0-9 and dashes, not {settings.project!r}.")
    match = re.fullmatch(r"(\d{1,5})(?:-(\d{1,5}))?", settings.ports)
    if not match or not 1 <= int(match[1]) <= int(match[2] or match[1]) <= 65535:
        raise UsageError(f"ports in {source} must be a port or a range such as 8090-8100, not {settings.ports!r}.")
    if not settings.addons:
        raise UsageError(f"addons in {source} must name at least one folder.")
    return settings
