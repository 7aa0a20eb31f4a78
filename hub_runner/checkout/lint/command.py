"""``lint-module``: what is wrong with modules, one line a finding, for people, editors and pre-commit."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TextIO

from hub_runner.checkout import snapshot
from hub_runner.checkout.closure import is_unknown, series_of
from hub_runner.checkout.lint.checks import lint
from hub_runner.checkout.lint.module_text import Finding, Text
from hub_runner.checkout.manifest_text import ManifestError
from hub_runner.checkout.modules import (
    MANIFEST,
    NAME,
    OCA_DEPENDENCIES,
    REQUIREMENTS,
    Catalogue,
    Module,
    catalogue,
    ill_named,
    read,
)
from hub_runner.errors import UsageError
from hub_runner.settings import Settings
from hub_runner.text import harmless

NOTHING: Mapping[str, Sequence[str]] = {}


def lint_modules(
    names: Sequence[str], settings: Settings, out: TextIO, *, unmet: Mapping[str, Sequence[str]] = NOTHING
) -> int:
    """Prints what is wrong with these modules, or with all modules if there are no names; 1 if anything is, else 0.

    ``names`` may also be paths of modules or of files in them, as pre-commit passes them; files of no module are left out.
    ``unmet`` are Python packages that the image lacks and nobody installs, by the module that asks for them. Raises
    UsageError for a module that is not there, or if there is none at all.
    """
    linter = _Linter(settings, unmet)
    here, told = Path.cwd(), set[Finding]()
    for name in linter.chosen(names):
        for finding in linter.findings(name):
            if finding not in told:  # several modules may need one whose manifest is broken
                print(harmless(finding.shown(here)), file=out)
                told.add(finding)
    return 1 if told else 0


class _Linter:
    def __init__(self, settings: Settings, unmet: Mapping[str, Sequence[str]]) -> None:
        self._unmet = unmet
        self._settings, self._modules = settings, catalogue(settings.addons_folders)
        self._series = series_of(settings.odoo_image)
        self._texts: dict[str, Text] = {}

    def chosen(self, names: Sequence[str]) -> list[str]:
        if not names and not self._modules.folders:  # a wrong `addons` must not pass for modules without mistakes
            raise UsageError(self._modules.listing())
        if not names:
            return [name for name in self._modules.folders if self._is_for_odoo(name)]
        asked = ((argument, name) for argument in names for name in _named(argument, self._modules))
        wanted = (name for argument, name in asked if not os.path.isfile(argument) or self._is_for_odoo(name))  # noqa: PTH113
        return list(dict.fromkeys(wanted))

    def _is_for_odoo(self, name: str) -> bool:
        """Whether Odoo would look at the module: not if it says that it is not installable, as before it is ported."""
        try:
            return read(self._modules.folders[name]).installable
        except UsageError:  # told as a finding
            return True

    def findings(self, name: str) -> Iterator[Finding]:
        if not NAME.fullmatch(name):
            yield Finding(file=self._modules.folders[name] / MANIFEST, line=1, message=ill_named(name), stops=True)
            return
        try:
            text = self._text(name)
        except ManifestError as error:
            yield _broken(error)
            return
        needed = [other for other in map(self._text_or_none, self._local(text.module, {name})) if other]
        yield from (_broken(error) for error in self._broken_manifests(text.module))
        yield from lint(text, needed)
        for package in self._unmet.get(name, ()):
            message = f"needs the Python package {package}, which the image lacks, and `install-requirements` is off"
            yield text.finding(MANIFEST, text.manifest_line(package), message, stops=True)
        for dependency in text.module.depends:
            if dependency in self._modules.folders or self._may_come_from_elsewhere(dependency):
                continue
            if self._series and is_unknown(dependency, self._series):
                message = (
                    f"depends on {dependency!r}, which is neither in this checkout nor one of Odoo {self._series.value} "
                    f"Community's own modules{text.joined(dependency)}"
                )
                yield text.finding(MANIFEST, text.manifest_line(dependency), message, stops=True)

    def _may_come_from_elsewhere(self, name: str) -> bool:
        """Whether the checkout names other repositories, or a package that holds the module: nothing is fetched here."""
        root = self._settings.root
        if self._settings.repositories or (root / OCA_DEPENDENCIES).is_file():
            return True
        package = f"addon-{name}".replace("_", "-")
        files = [folder / file for folder in (root, *self._settings.addons_folders) for file in REQUIREMENTS]
        texts = (file.read_text(encoding="utf-8", errors="replace") for file in files if file.is_file())
        return any(package in text.lower().replace("_", "-") for text in texts)

    def _local(self, module: Module, seen: set[str]) -> Iterator[str]:
        """The names of the checkout's modules that ``module`` needs, itself left out."""
        for name in module.depends:
            if name in self._modules.folders and name not in seen:
                seen.add(name)
                yield name
                if text := self._text_or_none(name):
                    yield from self._local(text.module, seen)

    def _broken_manifests(self, module: Module) -> Iterator[ManifestError]:
        """Of all modules of the checkout that ``module`` needs: it cannot be installed without them."""
        for name in (module.name, *self._local(module, {module.name})):
            try:
                self._text(name)
            except ManifestError as error:
                yield error

    def _text_or_none(self, name: str) -> Text | None:
        try:
            return self._text(name)
        except ManifestError:  # _broken_manifests says it
            return None

    def _text(self, name: str) -> Text:
        if name not in self._texts:
            module = read(self._modules.folders[name])
            files = snapshot.files(module, within=(self._settings.root, *self._settings.addons_folders))
            self._texts[name] = Text(module, files, series=self._series.value if self._series else None)
        return self._texts[name]


def _broken(error: ManifestError) -> Finding:
    return Finding(file=error.path, line=error.line, message=error.problem, stops=True)


def _named(argument: str, modules: Catalogue) -> list[str]:
    if NAME.fullmatch(argument) and argument in modules.folders:
        return [argument]
    if argument.strip() and os.path.exists(argument):  # noqa: PTH110  # says False to a name that is too long for a path
        path = Path(argument)
        name = modules.containing(path)
        if name is None and path.is_dir():
            raise UsageError(modules.unused(path) or f"{argument} is no folder of a module. {modules.listing()}")
        return [name] if name else []
    return [modules.find(argument).name]
