"""Prints what this image has, as one line of JSON: Python, distributions, importable names, programs, packages, Odoo.

Run as ``python3 -c TEXT`` in a container of the image, without a network.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import json
import os
import platform
import re
import sys
from pathlib import Path

IMPORT = re.compile(rb"^[ \t]*(?:import|from)[ \t]+(\w+)", re.MULTILINE)


def main() -> None:
    seen = {
        "environment": environment(),
        "machine": platform.machine(),
        "libc": platform.libc_ver(),
        "distributions": distributions(),
        "importable": importable(),
        "programs": sorted({path.name for folder in os.get_exec_path() for path in entries(Path(folder))}),
        "packages": packages(),
        "system": system(),
        "odoo_imports": odoo_imports(),
    }
    sys.stdout.write(json.dumps(seen) + "\n")


def environment() -> dict[str, str]:
    """The values of environment markers (PEP 508)."""
    return {
        "implementation_name": sys.implementation.name,
        "implementation_version": ".".join(map(str, sys.implementation.version[:3])),
        "os_name": os.name,
        "platform_machine": platform.machine(),
        "platform_release": platform.release(),
        "platform_system": platform.system(),
        "platform_version": platform.version(),
        "python_full_version": platform.python_version(),
        "platform_python_implementation": platform.python_implementation(),
        "python_version": ".".join(platform.python_version_tuple()[:2]),
        "sys_platform": sys.platform,
    }


def distributions() -> dict[str, list[object]]:
    """Version and requirements of each by its name; the one that Python would import first counts."""
    found: dict[str, list[object]] = {}
    for one in importlib.metadata.distributions():
        name = one.metadata["Name"]
        if name:
            found.setdefault(name, [one.version or "", list(one.requires or ())])
    return found


def importable() -> list[str]:
    """Names that ``import`` finds at the top level, of the standard library too."""
    found = set(sys.builtin_module_names)
    for folder in sys.path:
        for path in entries(Path(folder)):
            name = path.name.partition(".")[0] if path.suffix in (".py", ".so") else path.name
            if name.isidentifier() and (name != path.name or path.is_dir()):
                found.add(name)
    return sorted(found)


def packages() -> dict[str, str]:
    """The versions of the installed Debian packages by name."""
    stanzas = text(Path("/var/lib/dpkg/status")).split("\n\n")
    fields = [dict(re.findall(r"^(Package|Version|Status): (.*)$", stanza, re.MULTILINE)) for stanza in stanzas]
    installed = [found for found in fields if found.get("Status") == "install ok installed"]
    return {found["Package"]: found.get("Version", "") for found in installed}


def system() -> dict[str, str]:
    """The system's own words on itself (os-release): ID, VERSION_ID and others."""
    pairs = [line.partition("=") for line in text(Path("/etc/os-release")).splitlines()]
    return {key: value.strip("\"'") for key, equals, value in pairs if equals}


def odoo_imports() -> list[str]:
    """Every name that Odoo's code imports: a package of such a name may change what Odoo does.

    In a tree of its sources the modules lie beside the package ``odoo``, and not in it. Empty if it is not found at all.
    """
    try:
        spec = importlib.util.find_spec("odoo")
    except (ImportError, ValueError):
        spec = None
    names: set[str] = set()
    found = list(map(Path, (spec.submodule_search_locations or ()) if spec else ()))
    for root in [*found, *(place.parent / "addons" for place in found)]:
        for parent, folders, files in os.walk(root):
            folders[:] = [name for name in folders if name not in ("static", "tests", "i18n", "__pycache__")]
            for name in files:
                if name.endswith(".py"):
                    names.update(imported(Path(parent, name)))
    return sorted(names)


def imported(path: Path) -> set[str]:
    try:
        return {name.decode(errors="replace") for name in IMPORT.findall(path.read_bytes())}
    except OSError:
        return set()


def text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def entries(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except OSError:
        return []


main()
