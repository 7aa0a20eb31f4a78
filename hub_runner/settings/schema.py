"""Every setting: its name, its default and what it is for."""

from __future__ import annotations

from dataclasses import Field, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from hub_runner.settings.file_names import OWN_FOLDER

SECONDS = {"s": 1, "m": 60, "h": 3600}


def _setting(default: Any, help: str) -> Any:  # Any: dataclasses.field() is typed as its default
    """A field of ``Settings``; ``help`` is what ``--help`` says of it."""
    return field(default=default, metadata={"help": help})


WITH_COMMAS = ("odoo_args", "python_packages", "waive")  # settings whose words may contain commas
LEVELS = ("fail", "note", "ignore")
DEMO = ("on", "off", "both")


def _level(default: str, help: str) -> Any:  # Any: as above
    """A strictness setting: what becomes of a finding, one of LEVELS."""
    return field(default=default, metadata={"help": f"{', '.join(LEVELS)}: {help}", "level": True})


def option(field: str) -> str:
    """The name of a setting for users: as a key of [tool.hub-runner], and with two dashes as a flag."""
    return field.rstrip("_").replace("_", "-")


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Every setting with its default. A list that comes as text is words separated by spaces or commas."""

    root: Path  # the checkout
    notes: tuple[str, ...] = ()  # what a run should tell its user about where the settings came from
    # The strictness settings that are "fail" by default, or by pyproject.toml; where settings come from is none of them.
    strict: frozenset[str] = field(default=frozenset(), compare=False)
    project: str = _setting("hub", "what all names begin with: PROJECT-agent-test-")
    addons: tuple[str, ...] = _setting(("addons",), "the folders with modules; patterns such as addons/* are taken, too")
    compose_file: str = _setting("docker-compose.agent.yml", "the environment of a run")
    odoo_image: str = _setting("odoo:18.0", "what HUB_RUNNER_ODOO_IMAGE is in the compose file")
    db_image: str = _setting("postgres:17", "what HUB_RUNNER_DB_IMAGE is in the compose file")
    fallback_images: bool = _setting(True, "take the stand-ins of `setup` if those two images cannot be pulled, and say so")
    ports: str = _setting("8090-8100", "where Odoo is published, on 127.0.0.1")
    wait_for_port: float = _setting(0.0, "seconds to wait if all of them are taken")
    health_timeout: float = _setting(120.0, "seconds until Odoo must be healthy")
    test_timeout: float = _setting(3600.0, "seconds for the installation and the tests")
    single_test_timeout: float = _setting(0.0, "seconds for one test; 0: no limit, but slow tests are named")
    pull_timeout: float = _setting(1800.0, "seconds for an image to be pulled, or built by compose")
    install_requirements: bool = _setting(True, "add what the modules need beyond Odoo to a copy of the image")
    fresh_requirements: bool = _setting(False, "add them to a new copy of the image, which no other run uses")
    python_packages: tuple[str, ...] = _setting((), "more packages of Python for the tests: NAME>=1.0, or IMPORT=NAME")
    system_packages: tuple[str, ...] = _setting((), "more packages of Debian for the tests: NAME, or PROGRAM=NAME")
    browser: str = _setting("auto", "a real browser: auto (for tests that drive one), true or false")
    repositories: tuple[str, ...] = _setting((), "other repositories with modules: NAME=ADDRESS@BRANCH, or NAME=FOLDER")
    odoo_args: tuple[str, ...] = _setting((), "more arguments for Odoo's test process, as a shell splits them")
    test_tags: str = _setting("", "only these tests of the module: [-][tag][/module][:Class][.method],...")
    with_: tuple[str, ...] = _setting((), "more modules to install along with the tested one, such as hr_x,hr_y; or all")
    demo: str = _setting("on", "demo data: on (--demo alone), off (--no-demo), or both: two tries, one verdict")
    upgrade_from: str = _setting(
        "", "install the module as it was at this git ref (released: the newest tag), then upgrade it"
    )
    uninstall: bool = _setting(False, "uninstall the module after its tests, and look what is left of it")
    lifecycle: bool = _setting(
        False, "both: upgrade from what is released, unless upgrade-from says otherwise, and uninstall"
    )
    internet: bool = _setting(True, "let the run's containers reach more than each other")
    languages: tuple[str, ...] = _setting((), "languages to load, such as fr_FR")
    forgotten_tests: str = _level("fail", "test files that tests/__init__.py does not import")
    unrun_tests: str = _level("fail", "test methods that never run")
    all_skipped: str = _level("fail", "a module whose tests are all skipped")
    logged_errors: str = _level("fail", "errors that passing tests log")
    warnings: str = _level("note", "warnings that the module logs while it is installed or tested")
    unlisted_files: str = _level("note", "files that Odoo never loads, for no manifest lists or module imports them")
    undeclared: str = _level("fail", "tests that fail for want of a module that the manifest does not name in depends")
    unrun_migrations: str = _level("fail", "new migration scripts that an upgrade does not run")
    uninstall_leftovers: str = _level("fail", "tables and external ids that an uninstalled module leaves in the database")
    waive: tuple[str, ...] = _setting((), "exceptions from these, as SETTING:PATTERN, such as 'warnings:*no access rules*'")
    coverage: bool = _setting(False, "measure which lines and branches of the module its tests run")
    coverage_branches: bool = _setting(True, "branches, too; without them it is quicker")
    coverage_fail_under: float = _setting(
        0.0, "percent that must be reached; with coverage-diff it is asked of changed lines"
    )
    coverage_diff: str = _setting("", "a commit: say also how much of the lines that have changed since was run")
    report_pictures: bool = _setting(False, "show in report.html what a browser showed when a test failed")
    keep: str = _setting("", "how long a failed run's environment stays for a look, such as 30m (--keep alone: 30m)")
    cold: bool = _setting(False, "install all of Odoo's modules anew, and start from no prepared database")
    cache_limit: float = _setting(
        10.0, "gigabytes for prepared databases, and as many for images with added packages; 0: keep none"
    )
    cache_registry: str = _setting("", "where prepared databases are pulled from, such as registry.example.org/hub-cache")
    cache_push: bool = _setting(False, "push the prepared databases that runs make to cache-registry; not for pull requests")
    cache_timeout: float = _setting(60.0, "seconds that the registry may take for one prepared database")
    sign: str = _setting("", "ssh: sign proof.json with an SSH key (see docs/proof.md)")
    signing_key: str = _setting("", "the key to sign with: a private one, or a public one that an agent has (git's own)")
    allowed_signers: str = _setting(
        "allowed_signers", "whose signatures verify accepts; else git's gpg.ssh.allowedSignersFile"
    )
    engines: tuple[str, ...] = _setting(
        (), "several engines for several modules: default, docker contexts, or addresses such as ssh://builder-1"
    )
    output: str = _setting(".", "the folder for the log and the results")

    @property
    def with_demo(self) -> bool:
        """Whether a database of these settings has demo data: with ``both`` the first one has it."""
        return self.demo != "off"

    @property
    def halves(self) -> tuple[Settings, ...]:
        """One for each database that a run tests its module in: two with ``demo = "both"``, with demo data and without."""
        return tuple(replace(self, demo=demo) for demo in ("on", "off")) if self.demo == "both" else (self,)

    @property
    def prefix(self) -> str:
        """What the names of all compose projects of this repository start with."""
        return f"{self.project}-agent-test-"

    @property
    def addons_folders(self) -> tuple[Path, ...]:
        """The folders that ``addons`` names. A pattern stands for all folders that fit it, in alphabetical order.

        A checkout that has no addons folder but a manifest of its own is one module, and its own addons folder.
        """
        is_module = (self.root / "__manifest__.py").is_file()
        if is_module and self.addons == Settings.addons and not (self.root / self.addons[0]).is_dir():
            return (self.root,)
        return tuple(dict.fromkeys(folder for name in self.addons for folder in self._matching(name)))

    def _matching(self, name: str) -> list[Path]:
        """As a shell has it: a folder of that very name comes first, and a pattern that fits nothing stands for itself."""
        literal = self.root / name
        if not any(mark in name for mark in "*?[") or literal.is_dir():
            return [literal]
        is_absolute = Path(name).is_absolute()  # else the path of the checkout is no pattern, whatever it holds
        start, pattern = (Path(literal.anchor), name.lstrip("/")) if is_absolute else (self.root, name)
        return sorted(folder for folder in start.glob(pattern) if folder.is_dir()) or [literal]

    @property
    def output_folder(self) -> Path:
        return self.root / self.output

    def run_folder(self, run_id: str) -> Path:
        """The folder for what one run writes; the plain names in ``output_folder`` lead to the latest run's files."""
        return self.output_folder / OWN_FOLDER / "runs" / run_id

    @property
    def keep_seconds(self) -> float:
        """Zero if nothing is kept."""
        number, unit = (self.keep[:-1], self.keep[-1]) if self.keep[-1:] in SECONDS else (self.keep or "0", "s")
        return int(number) * SECONDS[unit]

    @property
    def measures_coverage(self) -> bool:
        """Also if only `coverage-fail-under` or `coverage-diff` is set: both need a measurement."""
        return self.coverage or bool(self.coverage_fail_under or self.coverage_diff)

    @property
    def begins_from(self) -> str:
        """The git ref that an upgrade begins from; empty if the module is installed as it is."""
        return self.upgrade_from or ("released" if self.lifecycle else "")

    @property
    def is_uninstalled(self) -> bool:
        return self.uninstall or self.lifecycle

    @property
    def port_range(self) -> range:
        first, _, last = self.ports.partition("-")
        return range(int(first), int(last or first) + 1)


# What users can set, by the name that they know. (The other fields say where the settings came from.)
OPTIONS: dict[str, Field[Any]] = {option(field.name): field for field in fields(Settings) if "help" in field.metadata}
STRICTNESS = tuple(field.name for field in OPTIONS.values() if "level" in field.metadata)
