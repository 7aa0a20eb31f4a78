"""What may differ from one repository, machine or run to the next, and where it is said.

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
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from hub_runner.errors import UsageError

# The files that a run writes into its output folder under their plain names, and the folder beside them for all runs.
LOG, RESULT, JUNIT = "proof_of_execution_tests.log", "result.json", "junit.xml"
BATCH_JSON, BATCH_XML = "batch.json", "batch.xml"  # of several modules
MATRIX = "matrix.json"  # which modules are in which shard of a CI matrix
WRITTEN = (LOG, RESULT, JUNIT, BATCH_JSON, BATCH_XML, MATRIX)
KEPT = ".hub-runner"
PREFIX = "HUB_RUNNER_"
SECONDS = {"s": 1, "m": 60, "h": 3600}
# Variables with our prefix that the compose file or our own processes read: they are no settings, and no mistake either.
NOT_SETTINGS = {"PORT", "DB_PASSWORD", "PARENT", "STATE"}


def _setting(default: Any, help: str) -> Any:  # Any: dataclasses.field() is typed as its default
    """A field of ``Settings``; ``help`` is what ``--help`` says of it."""
    return field(default=default, metadata={"help": help})


WITH_COMMAS = ("odoo_args", "python_packages", "waive")  # settings whose words may contain commas
LEVELS = ("fail", "note", "ignore")


def _level(default: str, help: str) -> Any:  # Any: as above
    """A strictness setting: what becomes of a finding, one of LEVELS."""
    return field(default=default, metadata={"help": f"{', '.join(LEVELS)}: {help}", "level": True})


def option(field: str) -> str:
    """The name of a setting for users: as a key of [tool.hub-runner], and with two dashes as a flag."""
    return field.rstrip("_").replace("_", "-")


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Every setting with its default. A list that comes as text is words separated by spaces or commas."""

    root: Path  # the checkout
    notes: tuple[str, ...] = ()  # what a run should tell its user about where the settings came from
    project: str = _setting("hub", "what all names begin with: PROJECT-agent-test-")
    addons: tuple[str, ...] = _setting(("addons",), "the folders with modules; patterns such as addons/* are taken, too")
    compose_file: str = _setting("docker-compose.agent.yml", "the environment of a run")
    odoo_image: str = _setting("odoo:18.0", "what HUB_RUNNER_ODOO_IMAGE is in the compose file")
    db_image: str = _setting("postgres:17", "what HUB_RUNNER_DB_IMAGE is in the compose file")
    fallback_images: bool = _setting(True, "take the stand-ins of `setup` if those two images cannot be pulled, and say so")
    ports: str = _setting("8090-8100", "where Odoo is published, on 127.0.0.1")
    wait_for_port: float = _setting(0.0, "seconds to wait if all of them are taken")
    health_timeout: float = _setting(120.0, "seconds until Odoo must be healthy")
    test_timeout: float = _setting(3600.0, "seconds for the installation and the tests")
    single_test_timeout: float = _setting(0.0, "seconds for one test; 0: no limit, but slow tests are named")
    pull_timeout: float = _setting(1800.0, "seconds for an image to be pulled, or built by compose")
    install_requirements: bool = _setting(True, "add what the modules need beyond Odoo to a copy of the image")
    python_packages: tuple[str, ...] = _setting((), "more packages of Python for the tests: NAME>=1.0, or IMPORT=NAME")
    system_packages: tuple[str, ...] = _setting((), "more packages of Debian for the tests: NAME, or PROGRAM=NAME")
    browser: str = _setting("auto", "a real browser: auto (for tests that drive one), true or false")
    repositories: tuple[str, ...] = _setting((), "other repositories with modules: NAME=ADDRESS@BRANCH, or NAME=FOLDER")
    odoo_args: tuple[str, ...] = _setting((), "more arguments for Odoo's test process, as a shell splits them")
    test_tags: str = _setting("", "only these tests of the module: [-][tag][/module][:Class][.method],...")
    with_: tuple[str, ...] = _setting((), "more modules to install along with the tested one, such as hr_x,hr_y; or all")
    demo: bool = _setting(True, "install demo data")
    internet: bool = _setting(True, "let the run's containers reach more than each other")
    languages: tuple[str, ...] = _setting((), "languages to load, such as fr_FR")
    forgotten_tests: str = _level("fail", "test files that tests/__init__.py does not import")
    unrun_tests: str = _level("fail", "test methods that never run")
    all_skipped: str = _level("fail", "a module whose tests are all skipped")
    logged_errors: str = _level("fail", "errors that passing tests log")
    warnings: str = _level("note", "warnings that the module logs while it is installed or tested")
    unlisted_files: str = _level("note", "files that Odoo never loads, for no manifest lists or module imports them")
    undeclared: str = _level("fail", "tests that fail for want of a module that the manifest does not name in depends")
    waive: tuple[str, ...] = _setting((), "exceptions from these, as SETTING:PATTERN, such as 'warnings:*no access rules*'")
    keep: str = _setting("", "how long a failed run's environment stays for a look, such as 30m (--keep alone: 30m)")
    cold: bool = _setting(False, "install all of Odoo's modules anew, and start from no prepared database")
    cache_limit: float = _setting(
        10.0, "gigabytes for prepared databases, and as many for images with added packages; 0: keep none"
    )
    output: str = _setting(".", "the folder for the log and the results")

    @property
    def prefix(self) -> str:
        """What the names of all compose projects of this repository start with."""
        return f"{self.project}-agent-test-"

    @property
    def addons_folders(self) -> tuple[Path, ...]:
        """The folders that ``addons`` names. A pattern stands for all folders that fit it, in alphabetical order.

        A checkout that has no addons folder but a manifest of its own is one module, and its own addons folder.
        """
        is_module = (self.root / "__manifest__.py").is_file()
        if is_module and self.addons == Settings.addons and not (self.root / self.addons[0]).is_dir():
            return (self.root,)
        return tuple(dict.fromkeys(folder for name in self.addons for folder in self._matching(name)))

    def _matching(self, name: str) -> list[Path]:
        """As a shell has it: a folder of that very name comes first, and a pattern that fits nothing stands for itself."""
        literal = self.root / name
        if not any(mark in name for mark in "*?[") or literal.is_dir():
            return [literal]
        start = Path(literal.anchor)
        return sorted(folder for folder in start.glob(str(literal.relative_to(start))) if folder.is_dir()) or [literal]

    @property
    def output_folder(self) -> Path:
        return self.root / self.output

    def run_folder(self, run_id: str) -> Path:
        """The folder for what one run writes; the plain names in ``output_folder`` lead to the latest run's files."""
        return self.output_folder / KEPT / "runs" / run_id

    @property
    def keep_seconds(self) -> float:
        """Zero if nothing is kept."""
        number, unit = (self.keep[:-1], self.keep[-1]) if self.keep[-1:] in SECONDS else (self.keep or "0", "s")
        return int(number) * SECONDS[unit]

    @property
    def port_range(self) -> range:
        first, _, last = self.ports.partition("-")
        return range(int(first), int(last or first) + 1)


def load(start: Path, *, environ: Mapping[str, str] = os.environ, flags: Mapping[str, Any] | None = None) -> Settings:
    """The settings for the checkout that ``start`` lies in. Raises UsageError."""
    root, notes = find_root(start)
    settings = Settings(root=root, notes=notes)
    for source, read in _sources(root, environ, flags or {}):
        settings = _apply(settings, read(), source)
    return settings


def find_output(start: Path, flag: str | None, *, environ: Mapping[str, str] = os.environ) -> Path:
    """The output folder of a command that is refused, as far as anyone can tell while another setting is wrong.

    Raises UsageError if even the checkout cannot be told.
    """
    root, _ = find_root(start)
    output = Settings.output
    for _, read in _sources(root, environ, {"output": flag}):
        with contextlib.suppress(UsageError):
            output = read().get("output") or output
    return root / str(output)


_Source = tuple[str, Callable[[], Mapping[str, Any]]]  # its name for people, and what is said there; raises UsageError


def _sources(root: Path, environ: Mapping[str, str], flags: Mapping[str, Any]) -> tuple[_Source, ...]:
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
    values, notes = _renamed(values, source)
    settings = replace(settings, notes=(*settings.notes, *notes))
    known = {option(field.name): field.name for field in fields(Settings) if "help" in field.metadata}
    values = {known.get(option(key), key): value for key, value in values.items()}
    if unknown := sorted(set(values) - set(known.values())):
        names, wrong = sorted(known), option(unknown[0])
        close = difflib.get_close_matches(wrong, names, n=1)
        hint = f" Did you mean {close[0]}?" if close else ""
        raise UsageError(f"Unknown setting {wrong!r} in {source}.{hint} Known are: {', '.join(names)}.")
    return _checked(replace(settings, **{key: _convert(key, value, source) for key, value in values.items()}), source)


def _renamed(values: Mapping[str, Any], source: str) -> tuple[Mapping[str, Any], tuple[str, ...]]:
    """The values with the names of today, and a note for each name of yesterday. Raises UsageError."""
    if "strict_logs" not in values:
        return values, ()
    level = "fail" if _boolean("strict_logs", values["strict_logs"], source) else "note"
    others = {key: value for key, value in values.items() if key != "strict_logs"}
    note = f"strict-logs in {source} is an old name and will go: say logged-errors = {level!r} instead."
    return {"logged_errors": level, **others}, (note,)


def _boolean(key: str, value: Any, source: str) -> bool:
    try:
        return {"true": True, "false": False, "1": True, "0": False}[str(value).lower()]
    except KeyError:
        raise UsageError(f"{key.replace('_', '-')} in {source} must be true or false, not {value!r}.") from None


def _convert(key: str, value: Any, source: str) -> Any:
    """``value`` in the type that the default of ``key`` has. Raises UsageError."""
    kind = type(getattr(Settings, key))
    try:
        if kind is tuple:
            return _words(key, value)
        if kind is bool:
            return _boolean(key, value, source)
        if key == "browser" and isinstance(value, bool):
            return str(value).lower()
        if isinstance(value, (bool, list, dict)):
            raise TypeError
        return _seconds(value) if kind is float else str(value)
    except (TypeError, ValueError):
        wanted = {tuple: "a list of texts", float: "a number from 0 to 1000000", str: "a text"}[kind]
        raise UsageError(f"{option(key)} in {source} must be {wanted}, not {value!r}.") from None


def _words(key: str, value: Any) -> tuple[str, ...]:
    """In text, commas separate words, except in settings whose words may contain them (``--load=base,web``)."""
    if isinstance(value, str):
        return tuple(shlex.split(value if key in WITH_COMMAS else value.replace(",", " ")))
    if key == "repositories" and isinstance(value, dict):  # a table is the most readable way to write it
        value = [address if not isinstance(address, str) else f"{name}={address}" for name, address in value.items()]
    if not isinstance(value, (list, tuple)) or not all(isinstance(word, str) for word in value):
        raise TypeError
    return tuple(value)


def _seconds(value: Any) -> float:
    """Raises ValueError for what would fail in the middle of a run: negative, not a number, or too long for the kernel."""
    if not 0 <= float(value) <= 1e6:
        raise ValueError
    return float(value)


def _checked(settings: Settings, source: str) -> Settings:
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]*", settings.project):
        raise UsageError(f"project in {source} must be a-z, 0-9 and dashes, not {settings.project!r}.")
    match = re.fullmatch(r"(\d{1,5})(?:-(\d{1,5}))?", settings.ports)
    if not match or not 1 <= int(match[1]) <= int(match[2] or match[1]) <= 65535:
        raise UsageError(f"ports in {source} must be a port or a range such as 8090-8100, not {settings.ports!r}.")
    if settings.browser not in ("auto", "true", "false"):
        raise UsageError(f"browser in {source} must be auto, true or false, not {settings.browser!r}.")
    if not re.fullmatch(r"(\d{1,6}[smh]?)?", settings.keep):
        raise UsageError(f"keep in {source} must be a time such as 90s, 30m or 2h, not {settings.keep!r}.")
    if not settings.addons:
        raise UsageError(f"addons in {source} must name at least one folder.")
    _check_strictness(settings, source)
    return settings


def _check_strictness(settings: Settings, source: str) -> None:
    levels = [field.name for field in fields(Settings) if "level" in field.metadata]
    for name in levels:
        if (value := getattr(settings, name)) not in LEVELS:
            wanted = ", ".join(LEVELS)
            raise UsageError(f"{name.replace('_', '-')} in {source} must be one of {wanted}, not {value!r}.")
    for rule in settings.waive:
        name, colon, pattern = rule.partition(":")
        if not colon or not pattern.strip() or name.strip().replace("-", "_") not in levels:
            known = ", ".join(name.replace("_", "-") for name in levels)
            raise UsageError(f"waive in {source} takes SETTING:PATTERN, not {rule!r}. SETTING is one of {known}.")
