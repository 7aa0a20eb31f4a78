"""What a browser showed when a test failed: screenshots and films, brought from the container into the run's folder."""

from __future__ import annotations

import contextlib
import io
import re
import tarfile
from pathlib import Path, PurePosixPath

from hub_runner.engine.client import Failures
from hub_runner.engine.environment import Environment
from hub_runner.engine.model import DATABASE, ODOO

FOLDER = "/tmp/odoo_tests"  # noqa: S108  # in the container; where Odoo puts screenshots unless an option says otherwise
OWN = "pictures"  # the folder of a run for them
MOST = 64 * 2**20  # bytes of all that is brought out
_FILE = re.compile(r"[\w.+-]+\.(?:png|mp4)")
FILMED = f"--screencasts={FOLDER}"  # Odoo removes the film of a test that passes


def bring(environment: Environment, run_folder: Path) -> tuple[Path, ...]:
    """Writes the pictures of the run into its folder, sorted by name. If they cannot be had, the run goes on without."""
    archive: bytes | None = b""
    with contextlib.suppress(*Failures):
        container = environment.engine.service(environment.run_id, ODOO)
        if container:
            archive = environment.engine.copy_from(container["Id"], f"{FOLDER}/{DATABASE}", at_most=MOST)
    if archive is None:
        environment.observers.note(f"The tests left more than {MOST // 2**20} MB of pictures: they were not kept.")
    if not archive:
        return ()
    found = []
    with contextlib.suppress(tarfile.TarError, OSError):
        for name, content in sorted(_files(archive).items()):
            path = run_folder / OWN / name
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(content)
            found.append(path)
    return tuple(found)


def _files(archive: bytes) -> dict[str, bytes]:
    """Pictures and films by their bare names: a test may have put anything in there. Not the single frames of a film."""
    found = {}
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        for member in tar:
            path = PurePosixPath(member.name)
            wanted = path.parent.name in ("screenshots", "screencasts") and _FILE.fullmatch(path.name)
            if wanted and member.isreg() and (file := tar.extractfile(member)):
                found[path.name] = file.read()
    return found
