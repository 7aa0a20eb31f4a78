"""What a value may be: texts, numbers and lists become what a setting needs, or a clear refusal."""

from __future__ import annotations

import re
import shlex
from typing import Any

from hub_runner.errors import UsageError
from hub_runner.settings.schema import DEMO, LEVELS, STRICTNESS, WITH_COMMAS, Settings, option

# The name of a registry's host has a dot or a port, or is localhost: docker takes anything else for a name on Docker Hub.
REPOSITORY = re.compile(r"(?:localhost|[\w-]+(?:\.[\w-]+)+|[\w-]+(?=:))(?::\d+)?/[a-z0-9]+(?:[._/-]+[a-z0-9]+)*", re.ASCII)


def boolean(key: str, value: object, source: str) -> bool:
    """What ``true``, ``false``, ``1`` or ``0`` says. Raises UsageError for anything else."""
    try:
        return {"true": True, "false": False, "1": True, "0": False}[str(value).lower()]
    except KeyError:
        raise UsageError(f"{option(key)} in {source} must be true or false, not {value!r}.") from None


def converted(key: str, value: object, source: str) -> Any:
    """``value`` in the type that the default of ``key`` has. Raises UsageError."""
    kind = type(getattr(Settings, key))
    try:
        if kind is tuple:
            return _words(key, value)
        if kind is bool:
            return boolean(key, value, source)
        if key == "browser" and isinstance(value, bool):
            return str(value).lower()
        if key == "demo" and str(value).lower() in ("true", "false", "1", "0"):  # what it was before there was `both`
            return "on" if boolean(key, value, source) else "off"
        if isinstance(value, (bool, list, dict)) or "\0" in str(value):
            raise TypeError
        return _seconds(value) if kind is float else str(value)
    except (TypeError, ValueError):
        wanted = {tuple: "a list of texts", float: "a number from 0 to 1000000", str: "a text"}[kind]
        raise UsageError(f"{option(key)} in {source} must be {wanted}, not {value!r}.") from None


def _words(key: str, value: object) -> tuple[str, ...]:
    """In text, commas separate words, except in settings whose words may contain them (``--load=base,web``)."""
    if isinstance(value, str):
        return tuple(shlex.split(value if key in WITH_COMMAS else value.replace(",", " ")))
    if key == "repositories" and isinstance(value, dict):  # a table is the most readable way to write it
        value = [address if not isinstance(address, str) else f"{name}={address}" for name, address in value.items()]
    if not isinstance(value, (list, tuple)) or not all(isinstance(word, str) and "\0" not in word for word in value):
        raise TypeError
    return tuple(value)


def _seconds(value: object) -> float:
    """Raises ValueError for what would fail in the middle of a run: negative, not a number, or too long for the kernel."""
    seconds = float(str(value))
    if not 0 <= seconds <= 1e6:
        raise ValueError
    return seconds


def checked(settings: Settings, source: str) -> Settings:
    """The settings themselves. Raises UsageError, with the name of the ``source``, for a value that makes no sense."""
    for name in ("odoo_image", "db_image", "compose_file"):
        if not getattr(settings, name).strip():
            default = getattr(Settings, name)
            raise UsageError(f"{option(name)} in {source} is empty: leave it out, or say a value such as {default}.")
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]*", settings.project):
        raise UsageError(f"project in {source} must be a-z, 0-9 and dashes, not {settings.project!r}.")
    if settings.upgrade_from.startswith("-"):
        raise UsageError(f"upgrade-from in {source} must be a git ref, or released, not {settings.upgrade_from!r}.")
    match = re.fullmatch(r"(\d{1,5})(?:-(\d{1,5}))?", settings.ports)
    if not match or not 1 <= int(match[1]) <= int(match[2] or match[1]) <= 65535:
        raise UsageError(f"ports in {source} must be a port or a range such as 8090-8100, not {settings.ports!r}.")
    if settings.browser not in ("auto", "true", "false"):
        raise UsageError(f"browser in {source} must be auto, true or false, not {settings.browser!r}.")
    if settings.demo not in DEMO:
        raise UsageError(f"demo in {source} must be {', '.join(DEMO)}, true or false, not {settings.demo!r}.")
    if settings.sign not in ("", "ssh"):
        raise UsageError(f"sign in {source} must be ssh, or empty for no signature, not {settings.sign!r}.")
    if not re.fullmatch(r"(\d{1,6}[smh]?)?", settings.keep):
        raise UsageError(f"keep in {source} must be a time such as 90s, 30m or 2h, not {settings.keep!r}.")
    if settings.coverage_fail_under > 100:
        raise UsageError(f"coverage-fail-under in {source} is percent, from 0 to 100, not {settings.coverage_fail_under:g}.")
    if settings.cache_registry and not REPOSITORY.fullmatch(settings.cache_registry):
        raise UsageError(
            f"cache-registry in {source} must be a repository of a registry, without a tag, such as "
            f"registry.example.org/hub-cache, not {settings.cache_registry!r}."
        )
    if not settings.addons:
        raise UsageError(f"addons in {source} must name at least one folder.")
    _check_strictness(settings, source)
    return settings


def _check_strictness(settings: Settings, source: str) -> None:
    for name in STRICTNESS:
        if (value := getattr(settings, name)) not in LEVELS:
            raise UsageError(f"{option(name)} in {source} must be one of {', '.join(LEVELS)}, not {value!r}.")
    for rule in settings.waive:
        name, colon, pattern = rule.partition(":")
        if not colon or not pattern.strip() or name.strip().replace("-", "_") not in STRICTNESS:
            known = ", ".join(map(option, STRICTNESS))
            raise UsageError(f"waive in {source} takes SETTING:PATTERN, not {rule!r}. SETTING is one of {known}.")
