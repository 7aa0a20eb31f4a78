"""What an image has, made up for tests."""

from __future__ import annotations

from typing import Any

from hub_runner.requirements.inventory import Inventory

ENVIRONMENT = {
    "implementation_name": "cpython",
    "implementation_version": "3.9.2",
    "os_name": "posix",
    "platform_machine": "x86_64",
    "platform_python_implementation": "CPython",
    "platform_release": "6.1",
    "platform_system": "Linux",
    "platform_version": "#1 of the image",
    "python_full_version": "3.9.2",
    "python_version": "3.9",
    "sys_platform": "linux",
}


def image(*distributions: str, **seen: Any) -> Inventory:
    """An image with ``distributions``, each ``name version``."""
    found = {name: [version, []] for name, version in (text.split() for text in distributions)}
    values = {
        "environment": ENVIRONMENT,
        "machine": "x86_64",
        "libc": ["glibc", "2.31"],
        "distributions": found,
        "importable": [],
        "programs": ["apt-get"],
        "packages": {},
        "system": {"ID": "debian"},
        "odoo_imports": [],
    }
    return Inventory(image="sha256:0", seen={**values, **seen})
