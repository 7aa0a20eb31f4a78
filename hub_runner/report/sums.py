"""Checksums of the parts of a file, so that whoever finds the file changed can say where.

They are short: that a file is whole is shown by the sha256 of all of it, and a part's sum only leads to the place.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from difflib import SequenceMatcher

from hub_runner.text import counted

DIGITS = 12  # hexadecimal, of a part's sum
LARGE = 64 << 20  # bytes: no sums of the lines of a larger log, which would have to be in memory as a whole
CHUNKS = 4000  # about so many parts are kept of a file of lines: up to that length, each line is one


def short(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:DIGITS]


def of_lines(data: bytes) -> list[str]:
    """``NUMBER:SUM`` for each chunk of ``NUMBER`` lines.

    A chunk ends where the sum of its last line says so, and not after a fixed number: so an added or a removed line changes
    the chunk that it is in, and none of those that follow.
    """
    lines = data.splitlines(keepends=True)
    rate = max(1, len(lines) // CHUNKS)
    return [f"{len(chunk)}:{short(b''.join(chunk))}" for chunk in _chunks(lines, rate)]


def _chunks(lines: Sequence[bytes], rate: int) -> Iterator[list[bytes]]:
    chunk: list[bytes] = []
    for line in lines:
        chunk.append(line)
        if rate == 1 or int(short(line), 16) % rate == 0 or len(chunk) >= 8 * rate:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def changed_lines(before: Sequence[str], data: bytes) -> list[str]:
    """Where ``data`` differs from the file whose chunks are ``before``, a phrase for each place. Raises ValueError.

    Lines are those of ``data`` and start at 1.
    """
    after = of_lines(data)
    sizes_before, sizes_after = _sizes(before), _sizes(after)
    head = _common(before, after)
    tail = _common(before[head:][::-1], after[head:][::-1])
    old, new = list(before[head : len(before) - tail]), after[head : len(after) - tail]
    places = []
    for kind, begin, end, first, last in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind == "equal":
            continue
        line = sum(sizes_after[: head + first]) + 1
        lines = sum(sizes_after[head + first : head + last])
        gone = sum(sizes_before[head + begin : head + end])
        places.append(_place(kind, line, lines, gone))
    return places


def _place(kind: str, line: int, lines: int, gone: int) -> str:
    here = f"line {line}" if lines == 1 else f"lines {line}-{line + lines - 1}"
    if kind == "insert":
        return f"{here} {'was' if lines == 1 else 'were'} added"
    if kind == "delete":
        return f"{counted(gone, 'line')} {'is' if gone == 1 else 'are'} missing before line {line}"
    return f"{here} {'was' if lines == 1 else 'were'} changed" + (f" ({gone} stood there)" if gone != lines else "")


def _sizes(chunks: Sequence[str]) -> list[int]:
    return [int(chunk.partition(":")[0]) for chunk in chunks]


def _common(one: Sequence[str], other: Sequence[str]) -> int:
    """How many items both begin with."""
    return next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))


def of_document(document: Mapping[str, object]) -> dict[str, str]:
    """The sum of each key of a result, of each key of its ``run``, and of each of its tests by name."""
    parts: dict[str, object] = {}
    names: Counter[str] = Counter()
    for key, value in document.items():
        if key == "run" and isinstance(value, dict):
            parts |= {f"run.{name}": item for name, item in value.items()}
        elif key == "tests" and isinstance(value, list):
            for test in value:
                name = str(test.get("name")) if isinstance(test, dict) else "?"
                names[name] += 1
                parts[f"test {name}" + (f" ({names[name]})" if names[name] > 1 else "")] = test
        else:
            parts[key] = value
    return {name: short(json.dumps(value, sort_keys=True).encode()) for name, value in parts.items()}


def changed_parts(before: Mapping[str, str], document: Mapping[str, object]) -> list[str]:
    """What differs from the document whose parts are ``before``, a phrase for each part."""
    after = of_document(document)
    gone = [f"{name} is missing" for name in before if name not in after]
    added = [f"{name} was added" for name in after if name not in before]
    return [*(f"{name} was changed" for name, value in after.items() if before.get(name, value) != value), *gone, *added]
