"""All that can be known, and refused, before an engine is touched: which modules, with which files, in which environment."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, TypedDict

from hub_runner.checkout import snapshot, testfiles
from hub_runner.checkout.changed_lines import Lines, changed_lines
from hub_runner.checkout.closure import Closure, automatic, closure, left_out, series_of
from hub_runner.checkout.lint.checks import lint
from hub_runner.checkout.lint.module_text import Finding, Text
from hub_runner.checkout.modules import Catalogue, Module, catalogue, told_together
from hub_runner.checkout.past import Past, past, with_packages_of
from hub_runner.checkout.snapshot import Files
from hub_runner.checkout.testfiles import TestFile
from hub_runner.checkout.uncommitted import head_and_dirty
from hub_runner.engine import compose, composefile
from hub_runner.engine.model import Model
from hub_runner.odoo import places, tags
from hub_runner.odoo.choice import EVERYTHING, Choice
from hub_runner.result import Tree
from hub_runner.settings import Settings

if TYPE_CHECKING:
    from hub_runner.requirements.elsewhere import Elsewhere
    from hub_runner.requirements.wanted import Wanted


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A run that can begin. The files are read once, so that what is tested is what is judged and signed.

    (I10, see docs/incidents.md: logs claimed success for code that was not what had been tested.)
    """

    settings: Settings
    module: Module
    choice: Choice = EVERYTHING  # which of its tests are asked for
    along: tuple[str, ...]  # the names of more modules that are installed in the same database
    closure: Closure  # of all of them
    model: Model  # of the compose file, with the images that the settings ask for
    compose: str  # the plugin's version
    environ: Mapping[str, str]
    wanted: Wanted  # what the closure needs beyond Odoo
    files: Mapping[str, Files]  # of the module and its local dependencies, by module
    past: Past | None  # the same modules at another commit, if the run is to begin with them
    target: str  # the folder of the container into which they are copied
    test_files: tuple[TestFile, ...]
    asks_for_pages: bool  # whether the tests need web assets
    mistakes: tuple[Finding, ...]  # they are certain to stop the installation; each note and mistake by file and line
    noticed: tuple[Finding, ...]  # wrong in the tested module's files, and no reason not to begin
    notes: tuple[str, ...]  # what the user should know and what does not keep the run from beginning
    commit: str | None
    dirty: bool | None  # whether the checkout differs from ``commit``
    command: tuple[str, ...]  # what the user typed
    changed_lines: Mapping[str, Lines] | None = None  # by file, if the setting coverage-diff asks for them
    beside: tuple[tuple[tuple[str, ...], bool], ...] = ()  # closure.core and asks_for_pages of each module of the command

    @property
    def archive(self) -> bytes:
        """A tar of all files. It is made when it is needed: many plans of one command share their files."""
        return snapshot.archive(self.files, self.target)

    @property
    def first(self) -> Plan:
        """What is installed first: the plan itself, or the modules as they were if the run upgrades them."""
        if not self.past:
            return self
        return replace(self, module=self.past.module, closure=self.past.closure, files=self.past.files, past=None)

    @property
    def digest(self) -> str:
        """Of the tested module's files."""
        return snapshot.digest(self.trees[self.module.name].files)

    def with_files(self, files: Mapping[str, Files]) -> Plan:
        """The plan for modules that have changed in all but their manifests. Raises UsageError."""
        texts = {module.name: _text(module, files[module.name], self.model) for module in self.closure.local}
        findings = {name: lint(text, list(texts.values())) for name, text in texts.items()}
        return replace(
            self, **_of_files(self.module, self.settings, texts, findings, with_packages_of(self.closure, self.past))
        )

    @property
    def trees(self) -> dict[str, Tree]:
        """What the run's log is signed for: the module and all that it needs of this checkout, file by file."""
        local = self.closure.local
        return {module.name: Tree(folder=module.folder, files=snapshot.sums(self.files[module.name])) for module in local}


class _OfFiles(TypedDict):
    """The fields of a plan that the modules' files decide."""

    files: Mapping[str, Files]
    wanted: Wanted
    test_files: tuple[TestFile, ...]
    asks_for_pages: bool
    mistakes: tuple[Finding, ...]
    noticed: tuple[Finding, ...]


@dataclass(kw_only=True)
class _Shared:
    """What the runs of one command have in common: Compose and git are asked once, and each module is read once.

    ``_texts`` and ``_findings`` are filled by module, as the plans ask for them.
    """

    settings: Settings
    catalogue: Catalogue
    automatic: Sequence[Module]  # those that Odoo installs by itself
    model: Model
    unset: Sequence[str]  # variables of the compose file that are set nowhere
    compose: str
    environ: Mapping[str, str]
    commit: str | None
    dirty: bool | None
    command: tuple[str, ...]
    _texts: dict[str, Text] = field(init=False, default_factory=dict)
    _findings: dict[str, list[Finding]] = field(init=False, default_factory=dict)

    def findings(self, text: Text, along: Sequence[Text]) -> list[Finding]:
        """What is wrong with a module, looked for once however many of the tested modules need it."""
        name = text.module.name
        if name not in self._findings:
            self._findings[name] = lint(text, along)
        return self._findings[name]

    def text(self, module: Module) -> Text:
        """The module's files, read when they are asked for first."""
        if module.name not in self._texts:
            within = (self.settings.root, *self.settings.addons_folders, module.folder)
            self._texts[module.name] = _text(module, snapshot.files(module, within=within), self.model)
        return self._texts[module.name]


def plans(
    names: Sequence[str],
    settings: Settings,
    *,
    command: tuple[str, ...],
    choices: Mapping[str, Choice] = MappingProxyType({}),
    environ: Mapping[str, str] = os.environ,
) -> list[Plan]:
    """All that runs of these modules need from this checkout, one plan a module. Raises UsageError or EnvironmentFailure.

    ``choices`` says by module which of its tests are asked for, if not all.
    """
    modules = catalogue(settings.addons_folders)
    found: dict[str, Module] = {}
    planned: list[Plan] = []
    with told_together() as gathered:
        for name in names:
            with gathered():
                module = modules.find(name)
                tags.restricted(module.name, settings.test_tags)
                found[module.name] = module
        if found:
            shared = _shared(settings, modules, environ, command)
        for module in found.values():
            with gathered():
                planned.append(_plan(module, shared, choices.get(module.name, EVERYTHING)))
    beside = tuple(dict.fromkeys((plan.closure.core, plan.asks_for_pages) for plan in planned))
    return [replace(plan, beside=beside) for plan in planned]


def _shared(settings: Settings, modules: Catalogue, environ: Mapping[str, str], command: tuple[str, ...]) -> _Shared:
    environ = {**environ, **composefile.variables(settings.odoo_image, settings.db_image)}
    environ["HUB_RUNNER_ADDONS"] = str(settings.addons_folders[0])
    with ThreadPoolExecutor(max_workers=1) as beside:  # each call of Docker's client takes a tenth of a second
        version = beside.submit(compose.version, environ)
        model, unset = composefile.read(
            composefile.compose_file(settings),
            environ,
            folder=composefile.compose_folder(settings),
            internet=settings.internet,
        )
        more = composefile.dotenv_variables(model, environ, composefile.compose_folder(settings))
    commit, dirty = head_and_dirty(settings.root, settings.output_folder)
    return _Shared(
        settings=settings,
        catalogue=modules,
        automatic=automatic(modules),
        model=model,
        unset=unset,
        compose=version.result(),
        environ={**environ, **more},
        commit=commit,
        dirty=dirty,
        command=command,
    )


def _plan(module: Module, shared: _Shared, choice: Choice) -> Plan:
    # They need packages that a fresh clone lacks, and then the log must say so.
    from hub_runner.requirements.elsewhere import elsewhere

    settings = shared.settings
    along = shared.catalogue.along(module, settings.with_)
    others = elsewhere(settings, [module, *along], composefile.odoo_image(shared.model))
    before, needed = _closures([module, *along], shared, others)
    texts = {local.name: shared.text(local) for local in needed.local}
    text = texts[module.name]
    findings = {name: shared.findings(it, list(texts.values())) for name, it in texts.items()}
    return Plan(
        settings=settings,
        module=module,
        choice=places.looked_up(choice, module.name, text.files, text.test_files),
        along=tuple(other.name for other in along),
        closure=needed,
        model=shared.model,
        compose=shared.compose,
        environ=shared.environ,
        past=before,
        target=composefile.addons_target(shared.model, settings.addons_folders),
        **_of_files(module, settings, texts, findings, with_packages_of(needed, before)),
        notes=tuple(_notes(shared, needed, text, others)),
        commit=shared.commit,
        dirty=shared.dirty,
        command=shared.command,
        changed_lines=changed_lines(settings.root, module, settings.coverage_diff) if settings.coverage_diff else None,
    )


def _closures(modules: list[Module], shared: _Shared, others: Elsewhere) -> tuple[Past | None, Closure]:
    """What the run begins from if it upgrades, and all that it needs today.

    A module that was needed then and is not needed today stays part of it: Odoo upgrades a database that has it.
    """
    here, image = shared.catalogue, composefile.odoo_image(shared.model)
    needed = closure(modules, here, image, others.find)
    if not shared.settings.begins_from:
        return None, needed
    before = past(modules, shared.settings.begins_from, here, image, others.find)
    known = {local.name for local in needed.local}
    dropped = [it.name for it in before.closure.local if it.name not in known and it.name in here.folders]
    return before, closure([*modules, *map(here.find, dropped)], here, image, others.find)


def _text(module: Module, files: Files, model: Model) -> Text:
    series = series_of(composefile.odoo_image(model))
    return Text(module, files, series=series.value if series else None)


def _of_files(
    module: Module, settings: Settings, texts: Mapping[str, Text], findings: Mapping[str, list[Finding]], needed: Closure
) -> _OfFiles:
    """``texts`` and ``findings`` are those of each module of the closure. Raises UsageError."""
    from hub_runner.requirements.wanted import wanted  # needs packages that a fresh clone lacks

    test_files = [file for text in texts.values() for file in text.test_files]
    return {
        "files": {name: text.files for name, text in texts.items()},
        "wanted": wanted(settings, needed, drives_browser=any(file.drives_browser for file in test_files)),
        "test_files": texts[module.name].test_files,
        "asks_for_pages": testfiles.ask_for_pages(texts[module.name].test_files, test_files),
        # certain to stop the installation; and what else is wrong in the tested module's files
        "mistakes": tuple(it for found in findings.values() for it in found if it.stops and _counts(it, module)),
        "noticed": tuple(it for it in findings[module.name] if not it.stops and not it.in_tests),
    }


def _notes(shared: _Shared, needed: Closure, text: Text, others: Elsewhere) -> Iterator[str]:
    settings = shared.settings
    yield from settings.notes
    for name, origin in sorted(others.origins.items()):
        yield f"{name} is not in this checkout: it comes from {origin}"
    if not settings.internet:
        yield "The run had no way out of its own network (`internet = false`)."
    if shared.unset:
        names = ", ".join(shared.unset)
        yield f"The compose file uses variables that neither the environment nor `.env` sets, and takes for empty: {names}."
    yield from shared.catalogue.doubles([local.name for local in needed.local])
    yield from left_out(needed, shared.catalogue, shared.automatic)
    yield from testfiles.unstarted_tours(text.files)


def _counts(finding: Finding, module: Module) -> bool:
    """Whether a mistake ends this run: the tests of other modules than the tested one may well not be imported."""
    return finding.file.is_relative_to(module.folder) or "tests" not in finding.file.parts
