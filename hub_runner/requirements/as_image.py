"""Runs pip as if it ran inside an image: ``python -m hub_runner.requirements.as_image ENVIRONMENT COMMAND...``.

pip takes Python version and platform of the image as options, but decides with the values of this machine whether a
requirement such as ``importlib-metadata; python_version < "3.10"`` applies. ENVIRONMENT is JSON with the image's values.
COMMAND is one of pip's, or ``source FOLDER`` before the options of ``pip download``, which fetches the source archive of one
requirement and, unlike pip itself, runs no code of it.
"""

from __future__ import annotations

import hashlib
import json
import runpy
import sys
from pathlib import Path
from typing import Any

from pip._vendor.packaging import markers
from pip._vendor.packaging.requirements import Requirement

UNKNOWN_PIP = 97  # this pip is made otherwise: what it would say of another machine cannot be trusted


def main() -> int:
    environment: Any = json.loads(sys.argv[1])  # Any: each pip has another type for it
    markers.default_environment = lambda: environment
    if not markers.Marker(f'platform_version == "{environment["platform_version"]}"').evaluate():
        return UNKNOWN_PIP
    if sys.argv[2] == "source":
        return fetch_source(Path(sys.argv[3]), sys.argv[4:-1], sys.argv[-1])
    sys.argv = ["pip", *sys.argv[2:]]
    runpy.run_module("pip", run_name="__main__", alter_sys=True)
    return 0


def fetch_source(folder: Path, options: list[str], text: str) -> int:
    """Saves the best source archive for the requirement ``text`` and prints its name; 1 if no index has one."""
    from pip._internal.cli.cmdoptions import make_target_python
    from pip._internal.commands import create_command

    requirement = Requirement(text)
    command = create_command("download")
    with command.main_context():
        # Not "--no-deps" for its meaning: pip takes another platform only with it or without sources.
        parsed, _ = command.parse_args([*options, "--no-deps", f"--no-binary={requirement.name}", text])
        session = command.get_default_session(parsed)  # type: ignore[attr-defined]
        finder = command._build_package_finder(  # type: ignore[attr-defined]
            options=parsed, session=session, target_python=make_target_python(parsed), ignore_requires_python=False
        )
        best = finder.find_best_candidate(requirement.name, requirement.specifier).best_candidate
        if best is None:
            return 1
        response = session.get(best.link.url_without_fragment, headers={"Accept-Encoding": "identity"})
        response.raise_for_status()
        if best.link.hash_name and hashlib.new(best.link.hash_name, response.content).hexdigest() != best.link.hash:
            sys.stderr.write(f"{best.link.filename} is not what the index says: its {best.link.hash_name} differs.\n")
            return 2
        (folder / best.link.filename).write_bytes(response.content)
        sys.stdout.write(f"source {best.link.filename}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
