"""Which of the files that differ decide for all modules: settings, the compose file, requirements, and what these name."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path

from hub_runner.checkout.git import ask
from hub_runner.checkout.modules import OCA_DEPENDENCIES, REQUIREMENTS
from hub_runner.settings import Settings

_COMMENT = re.compile(r"(?:^|(?<=\s))#.*$", re.MULTILINE)
_TEXT_FILE = re.compile(r"[\w.+@/-]+\.(?:txt|in|ya?ml)\b")
_FOLDER = re.compile(r"[\w.+@-]*/[\w.+@/-]*|(?<=build: )[\w.+@-]+|(?<=context: )[\w.+@-]+")


def deciding(files: Iterable[Path], settings: Settings, top: Path, since: str) -> Iterator[str]:
    """What decides for all modules and differs. ``files`` are the changed files that belong to no module."""
    root = Path(os.path.realpath(settings.root))
    compose = Path(os.path.realpath(settings.root / settings.compose_file))
    folders = {root, *(Path(os.path.realpath(folder)) for folder in settings.addons_folders)}
    named = _Named([compose, *(folder / name for folder in folders for name in REQUIREMENTS)])
    named.folders |= {Path(os.path.realpath(root / text.partition("=")[2])) for text in settings.repositories}
    used = {place for place in named.folders if not any(folder.is_relative_to(place) for folder in folders)}
    for file in files:
        shown = file.relative_to(top).as_posix()
        if file == root / "pyproject.toml":
            if _table(_text(file)) != _table(ask(top, "show", f"{since}:{shown}")):
                yield f"[tool.hub-runner] in {shown}"
            continue
        is_own = file == compose or (file.name in (*REQUIREMENTS, OCA_DEPENDENCIES) and file.parent in folders)
        is_env = file.name == ".env" and file.parent in (root, compose.parent)
        if is_own or is_env or file.name in named.text or not used.isdisjoint(file.parents):
            yield shown


class _Named:
    """What the compose file and requirements files name, and the files that these name in turn (`-r`, `include`)."""

    def __init__(self, files: Iterable[Path]) -> None:
        self.text = ""  # all of them
        self.folders = set[Path]()  # what may be a folder: one that is mounted, or that an image is built in
        queue, seen = list(files), set[Path]()
        while queue:
            path = queue.pop()
            if path in seen:
                continue
            seen.add(path)
            text = _COMMENT.sub("", _text(path) or "")
            self.text += text + "\nDockerfile" * ("build:" in text)
            queue += (Path(os.path.realpath(path.parent / word)) for word in _TEXT_FILE.findall(text))
            self.folders |= {Path(os.path.realpath(path.parent / word)) for word in _FOLDER.findall(text)}


def _text(path: Path) -> str | None:
    """None if it is no file that can be read."""
    try:
        return path.read_text(encoding="utf-8") if path.is_file() else None
    except (OSError, UnicodeDecodeError):
        return None


def _table(text: str | None) -> object:
    try:
        return tomllib.loads(text or "").get("tool", {}).get("hub-runner")
    except (tomllib.TOMLDecodeError, AttributeError):
        return text
