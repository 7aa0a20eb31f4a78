"""One verdict of what the shards of a CI matrix have left: red also if a shard or a module is missing."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from hub_runner.errors import UsageError
from hub_runner.exit_codes import gravest
from hub_runner.fleet import durations
from hub_runner.fleet.matrix import expected
from hub_runner.host.files import BROKEN_FILE
from hub_runner.report import batch_report
from hub_runner.report.module_end import ModuleEnd
from hub_runner.report.result_file import from_json
from hub_runner.settings import BATCH_JSON, BATCH_XML, JUNIT, MATRIX, RESULT


def merge(folders: Sequence[Path], output: Path) -> tuple[list[ModuleEnd], int, list[str]]:
    """Reads what is in ``folders`` and the folders below them, and writes batch.json and batch.xml into ``output``.

    Returns how each module ended, the exit code, and what was noticed. One of the folders must hold the matrix.json that the
    shards were made from: without it nobody knows what is missing. Raises UsageError.
    """
    files = sorted({path.resolve() for folder in folders for path in _files(folder)})
    wanted = _expected([path for path in files if path.name == MATRIX])
    ends: dict[str, ModuleEnd] = {}
    parts: dict[str, ModuleEnd] = {}
    suites: dict[str, Path] = {}  # the JUnit file beside that of each end
    notes: list[str] = []
    for path in files:
        if path.name == MATRIX:
            continue
        try:
            found = [] if path == output.resolve() / BATCH_JSON and _is_merged(path) else _ends(path)
        except BROKEN_FILE as error:
            notes.append(f"{path} cannot be read: {error!r}")
            continue
        for end in found:
            if end.part and not end.return_code:
                parts[end.module] = _of_a_part(end)
                continue
            known = ends.get(end.module)
            if known is None or gravest([_code(known), _code(end)]) != _code(known):
                ends[end.module] = end
                suites[end.module] = path.with_name(BATCH_XML if path.name == BATCH_JSON else JUNIT)
    ends = {**parts, **ends}
    missing = [module for module in wanted if module not in ends]
    every = [
        *(ends[module] for module in sorted(ends)),
        *(ModuleEnd.never_run(name, "no shard has its result") for name in missing),
    ]
    code = batch_report.exit_code(every)
    seconds = sum(end.seconds for end in every)
    durations.learn(output, every)
    notes += batch_report.write(every, seconds, code, output, suites=suites)
    return every, code, notes


def _of_a_part(end: ModuleEnd) -> ModuleEnd:
    """A green end of a part says nothing of its module, which is then as if no shard had run it."""
    return ModuleEnd.never_run(end.module, f"only a part of it was tested ({end.part})")


def _code(end: ModuleEnd) -> int:
    return batch_report.exit_code([end])


def _files(folder: Path) -> Iterator[Path]:
    """The results in a folder: of a batch, or of the only module of a shard. Raises UsageError if it is no folder."""
    if not folder.is_dir():
        raise UsageError(f"There is no folder {folder}. `merge` takes the folders with what the shards have left.")
    for path in (folder, *(path for path in sorted(folder.iterdir()) if path.is_dir() and not path.name.startswith("."))):
        if (path / MATRIX).is_file():
            yield path / MATRIX
        if (path / BATCH_JSON).is_file():
            yield path / BATCH_JSON
        elif (path / RESULT).is_file():
            yield path / RESULT


def _expected(plans: Sequence[Path]) -> list[str]:
    """The modules of the matrix. Several files of one content are one plan."""
    if not plans:
        raise UsageError(
            f"None of the folders holds the {MATRIX} that `matrix` wrote, so nobody knows which modules should be there. "
            "Upload it in the job that makes the matrix, and give its folder to `merge`, too."
        )
    contents = {path.read_text(encoding="utf-8", errors="replace") for path in plans}
    if len(contents) > 1:
        raise UsageError(f"These are the plans of several matrices: {', '.join(map(str, plans))}. Give one of them.")
    try:
        return expected(contents.pop())
    except BROKEN_FILE as error:
        raise UsageError(f"{plans[0]} is not a plan of hub-runner: {error!r}.") from error


def _is_merged(path: Path) -> bool:
    """Whether an earlier `merge` wrote the file, which is replaced now: what it says of a shard may be long past."""
    return json.loads(path.read_text(encoding="utf-8")).get("merged") is True


def _ends(path: Path) -> list[ModuleEnd]:
    """How the modules of one file ended. Raises what BROKEN_FILE lists."""
    document = json.loads(path.read_text(encoding="utf-8"))
    if path.name == BATCH_JSON:
        return batch_report.ends_in(document)
    end = ModuleEnd.of(from_json(document), path.parent)
    return [ModuleEnd.read(dataclasses.asdict(end))]  # a value of another type shows here, and not in the table of all
