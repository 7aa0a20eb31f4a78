"""The repository's compose file: reading it through compose, refusing what is not fit for a run, and asking it things."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from hub_runner.engine import compose
from hub_runner.engine.compose_refusals import refusals
from hub_runner.engine.model import ODOO, PASSWORD, PLACEHOLDER, Model, Mount, Service
from hub_runner.errors import EnvironmentFailure, UsageError
from hub_runner.settings import Settings


def compose_file(settings: Settings) -> Path:
    """The repository's own file; hub-runner's if the repository has none and names none."""
    own = settings.root / settings.compose_file
    if own.is_file() or settings.compose_file != Settings.compose_file:
        return own
    package = Path(__file__).parents[1]
    return next(path for folder in (package, package.parent) if (path := folder / Settings.compose_file).is_file())


def compose_folder(settings: Settings) -> Path:
    """Where relative paths in the compose file start: beside it, as Compose has it, or in a checkout that has none."""
    own = settings.root / settings.compose_file
    return own.parent if own.is_file() else settings.root


def variables(odoo_image: str, db_image: str) -> dict[str, str]:
    """What `docker-compose.agent.yml` leaves open, but for the password: each run puts in its own when it starts."""
    return {"HUB_RUNNER_ODOO_IMAGE": odoo_image, "HUB_RUNNER_DB_IMAGE": db_image}


def resolve(file: Path, environ: Mapping[str, str], *, folder: Path | None = None, internet: bool = True) -> Model:
    """As ``read``, for whoever does not ask for the variables."""
    return read(file, environ, folder=folder, internet=internet)[0]


def read(
    file: Path, environ: Mapping[str, str], *, folder: Path | None = None, internet: bool = True
) -> tuple[Model, list[str]]:
    """The compose file as compose reads it, with all variables filled in but the password of the database.

    Besides the names of variables that are set nowhere, which compose takes for empty. Relative paths in the file start at
    ``folder``, or else at the file's own. ``internet`` says whether the run is to have a way out. Raises UsageError if the
    file is not fit for a run.
    """
    if not file.is_file():
        raise UsageError(f"There is no compose file {file}. Correct `compose-file` in [tool.hub-runner] of pyproject.toml.")
    environ = {**environ, PASSWORD: PLACEHOLDER}
    code, output, complaint = compose.ask(compose.config_command(file, folder or file.parent), environ)
    if code != 0:
        raise _refusal(file, complaint.strip())
    model: Model = json.loads(output)
    services = model.get("services") or {}
    if ODOO not in services:
        raise UsageError(
            f"{file} has no service called `{ODOO}`; it has: {', '.join(services) or 'none'}. A compose file for the runs "
            "may take Odoo's service from it under that name (`extends`): see docs/compose.md."
        )
    check = services[ODOO].get("healthcheck") or {}
    if check.get("disable") or check.get("test") in (None, [], ["NONE"]):
        raise UsageError(
            f"{file}: the service `{ODOO}` needs a healthcheck: no test may start before it has answered. "
            "docs/compose.md shows one."
        )
    for service in services.values():
        _mend(service)
    if reasons := refusals(model, internet=internet):
        raise UsageError("\n".join(f"{file}: {reason}" for reason in reasons))
    return model, list(dict.fromkeys(re.findall(r'The \\?"(\w+)\\?" variable is not set', complaint)))


def _mend(service: Service) -> None:
    """Writes two values as compose reads them: its JSON has them in a way that it refuses when the model is started."""
    if service.get("memswap_limit") == "-1":  # unlimited
        service["memswap_limit"] = -1
    for limits in (service.get("blkio_config") or {}).values():
        for limit in limits if isinstance(limits, list) else ():
            for key in list(limit):
                limit[key.lower()] = limit.pop(key)


def dotenv_variables(model: Model, environ: Mapping[str, str], folder: Path) -> dict[str, str]:
    """The variables that secrets and configs are filled from, and that only the `.env` in ``folder`` has.

    Compose looks for them when it starts the model, and reads no `.env` then. Raises EnvironmentFailure.
    """
    sources = [*(model.get("secrets") or {}).values(), *(model.get("configs") or {}).values()]
    names = {source.get("environment") or "" for source in sources} - {*environ, PASSWORD}
    if not (names := {name for name in names if re.fullmatch(r"[A-Za-z_]\w*", name)}):
        return {}
    asked = {name: f"${{{name}-{PLACEHOLDER}}}" for name in sorted(names)}
    question = json.dumps({"services": {ODOO: {"image": ODOO, "environment": asked}}})
    code, output, complaint = compose.ask(compose.config_command(Path("-"), folder), environ, given=question.encode())
    if code != 0:
        raise _refusal(folder / ".env", complaint.strip())
    values = json.loads(output)["services"][ODOO]["environment"]
    return {name: _unescaped(value) for name, value in values.items() if value != PLACEHOLDER}


def _refusal(file: Path, complaint: str) -> Exception:
    """``complaint`` is what docker or its compose plugin said."""
    missing_plugin = ("is not a docker command", "unknown command", "unknown flag", "unknown shorthand")
    if any(mark in complaint for mark in missing_plugin):
        return EnvironmentFailure(compose.too_old(f"It said: {complaint.splitlines()[0]}."))
    if complaint.startswith("Failed to initialize"):
        return EnvironmentFailure(
            f"The docker client does not start. Look at `docker context ls`, DOCKER_HOST. It said:\n{complaint}"
        )
    if re.match(r"(fatal error|panic|runtime): |\S+: cannot allocate", complaint):
        return EnvironmentFailure(
            f"The docker client broke down while it read {file}. Look at the limits of this shell (`ulimit -a`) and the "
            f"memory that is free. It said: {complaint.splitlines()[0]}."
        )
    if match := re.search(r"failed to read (\S*\.env\S*): (.*)", complaint):
        return UsageError(f"{match[1]}, from which compose takes variables, cannot be read: {match[2]}.")
    return UsageError(f"{file} is not a valid compose file:\n{complaint}")


def odoo_image(model: Model) -> str:
    """The image of the odoo service; empty if compose builds it, because then it may hold anything."""
    service = model["services"][ODOO]
    return "" if service.get("build") else str(service.get("image") or "")


def addons_target(model: Model, addons: tuple[Path, ...]) -> str:
    """The folder inside the container in which the compose file shows the checkout's modules to Odoo."""
    mounts = [it for it in model["services"][ODOO].get("volumes") or () if shows_addons(it, addons)]
    whole = [it["target"] for it in mounts if _source(it) in _resolved(addons)]
    single = [str(PurePosixPath(it["target"]).parent) for it in mounts]
    return _unescaped([*whole, *single, "/mnt/extra-addons"][0])


def shows_addons(mount: Mount, addons: tuple[Path, ...]) -> bool:
    """Whether the mount shows one of the folders ``addons``, or one module in it, to the container."""
    return mount.get("type") == "bind" and not _resolved(addons).isdisjoint((_source(mount), _source(mount).parent))


def _source(mount: Mount) -> Path:
    return Path(_unescaped(mount["source"])).resolve()


def _unescaped(value: str) -> str:
    """Compose writes a dollar sign twice, so that `up` reads what it has written as it was meant."""
    return value.replace("$$", "$")


def _resolved(addons: tuple[Path, ...]) -> set[Path]:
    return {folder.resolve() for folder in addons}
