"""``hub-runner init``: what a repository needs to be tested, shown first and written then. Nothing is ever overwritten."""

from __future__ import annotations

import json
import os
import re
import shlex
import sys
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from hub_runner.checkout import git
from hub_runner.checkout.modules import MANIFEST, catalogue
from hub_runner.errors import UsageError
from hub_runner.settings import OWN_FOLDER, WRITTEN, Settings
from hub_runner.text import counted

NOXFILE = """\
import nox
from hub_runner import menu

nox.options.default_venv_backend = "none"

menu.add_sessions()  # test, watch, shell, uat, setup, doctor, lint-module, prepare, clean, and test-MODULE for each module
"""
GITHUB = """\
name: modules
on: [push, pull_request]
jobs:
  modules:
    runs-on: ubuntu-latest
    timeout-minutes: 60
    steps:
      - uses: actions/checkout@v4
        with:
          fetch-depth: 0 # --changed-since and --upgrade-from ask git
      - uses: actions/setup-python@v5
        with:
          python-version: "3.12"
      - run: pip install nox {package}
      - run: nox -s setup test -- --all
      - uses: actions/upload-artifact@v4
        if: always()
        with:
          name: results
          include-hidden-files: true
          path: |
            *.log
            *.json
            *.xml
            .hub-runner/runs
"""
GITLAB = """\
modules:
  image: docker:27-cli
  services: [docker:27-dind]
  variables:
    DOCKER_HOST: tcp://docker:2376
    DOCKER_TLS_CERTDIR: /certs
    DOCKER_CERT_PATH: /certs/client
    DOCKER_TLS_VERIFY: "1"
    GIT_DEPTH: "0" # --changed-since and --upgrade-from ask git
  script:
    - apk add --no-cache python3 py3-pip git
    - python3 -m venv /tmp/venv
    - /tmp/venv/bin/pip install nox {package}
    - /tmp/venv/bin/nox -s setup test -- --all
  artifacts:
    when: always
    paths: ["*.log", "*.json", "*.xml", .hub-runner/runs]
    reports:
      junit: ["junit.xml", "batch.xml"]
"""
CI = {"github": (".github/workflows/modules.yml", GITHUB), "gitlab": (".gitlab-ci.yml", GITLAB)}


@dataclass(frozen=True, kw_only=True)
class NewFile:
    """One file. ``text`` is what is added to it; if it is empty, the file stays as it is, for the reason ``why``."""

    path: Path
    text: str = ""
    why: str = ""
    grows: bool = False  # the file was there before


def wanted_files(root: Path, *, project: str, ci: str, package: str) -> list[NewFile]:
    """What the repository ``root`` needs. Raises UsageError if nothing can be said about it."""
    top = git.ask(root, "rev-parse", "--show-toplevel")
    if top and Path(top.strip()).resolve() != root.resolve():
        raise UsageError(f"{root} lies inside of the repository {top.strip()}: start it there, or write the files by hand.")
    found = [_settings(root, project), _noxfile(root), _ignored(root)]
    return [*found, _ci(root, ci, package)] if ci != "none" else found


def _settings(root: Path, project: str) -> NewFile:
    path = root / "pyproject.toml"
    before = _text(path)
    try:
        known = tomllib.loads(before).get("tool", {})
    except ValueError as error:
        raise UsageError(f"{path} is not valid TOML: {error}. Correct it first.") from error
    if "hub-runner" in known:
        return NewFile(path=path, why="it has [tool.hub-runner] already")
    name = project or re.sub(r"[^a-z0-9]+", "-", root.resolve().name.lower()).strip("-") or "repository"
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]*", name):
        raise UsageError(f"--project must be a-z, 0-9 and dashes, not {name!r}.")
    listed = ", ".join(json.dumps(folder, ensure_ascii=False) for folder in _addons(root))  # TOML takes it as JSON has it
    gap = "" if not before else "\n" if before.endswith("\n") else "\n\n"
    text = f'{gap}[tool.hub-runner]\nproject = "{name}"\naddons = [{listed}]\n'
    try:
        tomllib.loads(before + text)
    except ValueError as error:  # such as `tool = {...}` in one line
        raise UsageError(f"{path} takes no table [tool.hub-runner] at its end ({error}): write it by hand.") from error
    return NewFile(path=path, grows=path.exists(), text=text)


def _addons(root: Path) -> list[str]:
    """The folders below ``root``, at most two levels down, that hold modules; a module stands for itself.

    Raises UsageError if there is none.
    """
    if Settings(root=root).addons_folders == (root,):
        return ["."]
    visible = _visible(root)
    below = [it for folder in visible for it in _visible(folder)]
    for level in ([root], visible, below):
        if holding := [folder for folder in level if _holds_modules(folder)]:
            return [folder.relative_to(root).as_posix() for folder in holding]
    raise UsageError(
        f"No folder with a {MANIFEST} was found in {root}, or in the folders up to two levels below it. Start it at the "
        "top of a repository with Odoo modules."
    )


def _visible(folder: Path) -> list[Path]:
    """The folders in it that this user may look into: the data of a database in a container is somebody else's."""
    inside = (it for it in sorted(folder.iterdir()) if it.is_dir() and not it.name.startswith("."))
    return [it for it in inside if os.access(it, os.R_OK | os.X_OK)]


def _holds_modules(folder: Path) -> bool:
    """Whether there are modules in it; a module that holds others is not such a folder."""
    return not (folder / MANIFEST).is_file() and bool(catalogue([folder]).folders)


def _noxfile(root: Path) -> NewFile:
    path = root / "noxfile.py"
    if not path.exists():
        return NewFile(path=path, text=NOXFILE)
    if "menu.add_sessions" in _text(path):
        return NewFile(path=path, why="it has the sessions already")
    return NewFile(path=path, why="it is yours: add `from hub_runner import menu` and `menu.add_sessions()` to it")


def _ignored(root: Path) -> NewFile:
    path = root / ".gitignore"
    before = _text(path)
    known = {line.strip().strip("/") for line in before.splitlines()}
    missing = [name for name in (*WRITTEN, OWN_FOLDER) if name not in known]
    if not missing:
        return NewFile(path=path, why="it names all that runs write already")
    gap = "" if not before or before.endswith("\n") else "\n"
    lines = "".join(f"/{name}\n" for name in missing)
    return NewFile(path=path, grows=path.exists(), text=f"{gap}# what hub-runner writes\n{lines}")


def _ci(root: Path, ci: str, package: str) -> NewFile:
    if ci == "auto":
        remote = git.ask(root, "remote", "get-url", "origin") or ""
        ci = "gitlab" if (root / CI["gitlab"][0]).exists() or "gitlab" in remote else "github"
    name, text = CI[ci]
    path = root / name
    if path.exists():
        return NewFile(path=path, why="it is yours: docs/ci.md says what to add")
    if not package:
        raise UsageError(
            f"{name} must say what pip installs in CI, and hub-runner is on no public index: whoever "
            "takes its name there could run code in your CI. Say --package git+https://... with the address of its "
            "repository, or --ci none."
        )
    return NewFile(path=path, text=text.format(package=shlex.quote(package)))


def _text(path: Path) -> str:
    """Empty if there is no such file. Raises UsageError if it cannot be read."""
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} cannot be read: {error}.") from error


def begin(found: list[NewFile], root: Path, stream: TextIO, *, yes: bool, ask: Callable[[str], str] | None = None) -> int:
    """Shows the files, asks, and writes them; the exit code. Raises UsageError if nobody can be asked or said yes."""
    for line in _shown(found, root):
        print(line, file=stream)
    written = [file for file in found if file.text]
    if not written:
        print("Nothing is missing.", file=stream)
        return 0
    if not yes:
        if ask is None and not sys.stdin.isatty():
            raise UsageError("Nothing was written: nobody can be asked here. Say --yes to have these files written.")
        try:
            answer = (ask or input)(f"Write {counted(len(written), 'file')}? [y/N] ")
        except EOFError:  # Ctrl-D
            answer = ""
        if answer.strip().lower() not in ("y", "yes"):
            print("Nothing was written.", file=stream)
            return 0
    for file in written:
        _write(file)
    print(f"Written. Next: nox -s setup, then nox -l shows the modules of {root}.", file=stream)
    return 0


def _shown(found: list[NewFile], root: Path) -> Iterator[str]:
    for file in found:
        name = file.path.relative_to(root).as_posix()
        if not file.text:
            yield f"{name} stays as it is, {file.why}."
            continue
        yield f"{name} {'gets these lines at its end' if file.grows else 'is new'}:"
        yield from (f"    {line}".rstrip() for line in file.text.strip("\n").splitlines())


def _write(file: NewFile) -> None:
    """Raises UsageError if somebody else has made the file meanwhile, or it cannot be written."""
    try:
        file.path.parent.mkdir(parents=True, exist_ok=True)
        with file.path.open("a" if file.grows else "x", encoding="utf-8") as stream:
            stream.write(file.text)
    except OSError as error:
        raise UsageError(f"{file.path} could not be written: {error.strerror}.") from error
