"""Modules that a checkout needs and does not have: from packages ``odoo-addon-NAME``, and from other repositories.

Nothing is looked for that nobody names: packages and addresses of git stand in requirements files, repositories in the
setting or in ``oca_dependencies.txt``. A package is kept until ``clean --caches``; a branch is fetched anew after an hour.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from manifestoo_core.core_addons import is_core_ce_addon
from manifestoo_core.exceptions import UnsupportedOdooSeries
from manifestoo_core.odoo_series import OdooSeries
from packaging.requirements import Requirement

from hub_runner.checkout.closure import series_of
from hub_runner.checkout.modules import OCA_DEPENDENCIES, Module
from hub_runner.errors import UsageError
from hub_runner.requirements import files, names, packages, repositories
from hub_runner.requirements.repositories import Repository
from hub_runner.requirements.wanted import requirements_files
from hub_runner.settings import Settings
from hub_runner.text import without_credentials

OCA = "https://github.com/OCA/{}.git"


@dataclass(kw_only=True)
class Elsewhere:
    """Where a checkout's missing modules come from. ``origins`` says so of each module that was found, for the log."""

    packages: dict[str, Requirement]  # by the module's name
    options: tuple[str, ...]  # pip's, out of the same files
    repositories: tuple[Repository, ...]
    series: str  # of the tested module, such as 18.0, or else of the image; empty if neither says
    image_series: str  # of the run's Odoo; empty if the image does not say
    timeout: float  # seconds for each fetch
    origins: dict[str, str] = field(default_factory=dict)

    def find(self, name: str) -> Path | None:
        """The folder of the module ``name``; None if nobody who is named has it.

        Raises UsageError for what is named and cannot be, EnvironmentFailure if an index or a repository does not answer.
        """
        if is_core(name, self.image_series or self.series):
            return None
        requirement = self.packages.get(name)
        if requirement and requirement.url and requirement.url.startswith("git+"):
            return self._of_git(requirement, name)
        if requirement:
            fetched = packages.fetched(requirement, name, self.series, options=self.options, timeout=self.timeout)
            for needed in fetched.requires:  # only what a named package needs in turn
                self.packages.setdefault(names.module(needed) or "", needed)
            self.origins[name] = f"package {fetched.distribution} {fetched.version}"
            return fetched.folder
        for repository in self.repositories:
            checked_out = repositories.checked_out(repository, self.series, timeout=self.timeout)
            if folder := checked_out.module(name):
                self.origins[name] = f"{checked_out} {folder.relative_to(checked_out.folder)}"
                return folder
        return None

    def _of_git(self, requirement: Requirement, name: str) -> Path:
        """The module of a line such as ``odoo-addon-NAME @ git+https://HOST/REPOSITORY@BRANCH#subdirectory=NAME``."""
        address, _, fragment = files.expanded(str(requirement.url)).removeprefix("git+").partition("#")
        repository = repositories.parse(f"{requirement.name}={address}", Path())
        if not repository.is_git:
            raise UsageError(f"{without_credentials(requirement)}: that is not the address of a repository.")
        checked_out = repositories.checked_out(repository, self.series, timeout=self.timeout)
        place = next((part[13:] for part in fragment.split("&") if part.startswith("subdirectory=")), "")
        folder = checked_out.module(name, place)
        if folder is None:
            raise UsageError(f"{without_credentials(requirement)}: there is no module {name} in {checked_out}.")
        self.repositories = (*self.repositories, repository)  # what it needs may lie beside it
        self.origins[name] = f"{checked_out} {folder.relative_to(checked_out.folder)}"
        return folder


def is_core(name: str, series: str) -> bool:
    """Whether Odoo Community of ``series`` has a module of this name: it is in the image, and never fetched.

    If nobody knows the series, one in which it has such a module is enough. Other series do not count: Odoo takes up
    names of OCA's modules (mail_tracking in 20.0).
    """
    asked = [known for known in OdooSeries if known.value == series] or list(OdooSeries)
    for known in asked:
        try:
            if is_core_ce_addon(name, known):
                return True
        except UnsupportedOdooSeries:
            continue
    return False


def elsewhere(settings: Settings, modules: Sequence[Module], image: str) -> Elsewhere:
    """What the checkout names besides itself. Nothing is fetched yet. Raises UsageError.

    ``image`` is that of the odoo service; empty if compose builds it.
    """
    found = [files.read(path, settings.root) for path in requirements_files(settings)]
    known = series_of(image)
    image_series = known.value if known else ""
    requirements = [line.requirement for file in found for line in file.requirements]
    return Elsewhere(
        packages={name: requirement for requirement in requirements if (name := names.module(requirement))},
        options=tuple(dict.fromkeys(option for file in found for option in file.options)),
        repositories=(*(repositories.parse(text, settings.root) for text in settings.repositories), *_oca(settings.root)),
        series=next((module.series for module in modules if module.series), image_series),
        image_series=image_series,
        timeout=settings.pull_timeout,
    )


def _oca(root: Path) -> list[Repository]:
    """The lines of OCA's file: the name of a repository, and where needed its address and its branch."""
    path = root / OCA_DEPENDENCIES
    found = []
    for number, line in enumerate(files.content(path).splitlines() if path.is_file() else (), 1):
        words = line.partition("#")[0].split()
        if len(words) > 3:
            shown = without_credentials(line)
            raise UsageError(f"{OCA_DEPENDENCIES}, line {number}: {shown!r} should be NAME [ADDRESS [BRANCH]].")
        if words:
            name, address, branch = (*words, "", "")[:3]
            repository = Repository(name=name, address=address or OCA.format(name), ref=branch)
            found.append(repositories.checked(repository, OCA_DEPENDENCIES))
    return found
