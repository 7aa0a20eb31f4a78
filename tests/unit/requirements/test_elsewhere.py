from __future__ import annotations

import subprocess
import zipfile
from pathlib import Path

import pytest

from hub_runner.checkout.closure import Closure, closure
from hub_runner.checkout.modules import catalogue
from hub_runner.errors import EnvironmentFailure, UsageError
from hub_runner.requirements.elsewhere import Elsewhere, elsewhere
from hub_runner.settings import load
from tests.conftest import write_module


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of this user's, no index, and no settings of git."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    for name in ("PIP_FIND_LINKS", "PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL"):
        monkeypatch.delenv(name, raising=False)


def tried(
    root: Path, depends: str = "'other'", *, version: str = "19.0.1.0.0", image: str = "odoo:19.0", **flags: object
) -> tuple[Closure, Elsewhere]:
    folder = root / "addons" / "probe"
    if not folder.exists():
        write_module(root / "addons", "probe", f"{{'name': 'P', 'version': '{version}', 'depends': [{depends}]}}")
    settings = load(root, environ={}, flags={"odoo_image": image, **flags})
    modules = catalogue(settings.addons_folders)
    module = modules.find("probe")
    others = elsewhere(settings, [module], image)
    return closure([module], modules, image, others.find), others


def package(folder: Path, module: str, version: str, *requires: str, depends: str = "") -> None:
    """A wheel as OCA publishes it."""
    folder.mkdir(exist_ok=True)
    place = f"odoo_addon_{module}-{version}"
    lines = ["Metadata-Version: 2.1", f"Name: odoo-addon-{module}", f"Version: {version}", "Requires-Dist: odoo==19.0.*"]
    lines += [f"Requires-Dist: {text}" for text in requires]
    with zipfile.ZipFile(folder / f"{place}-py3-none-any.whl", "w") as wheel:
        wheel.writestr(f"odoo/addons/{module}/__manifest__.py", f"{{'name': 'M', 'depends': [{depends}]}}")
        wheel.writestr(f"{place}.dist-info/METADATA", "\n".join(lines) + "\n")
        wheel.writestr(f"{place}.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{place}.dist-info/RECORD", "")


def repository(folder: Path, *modules: str) -> str:
    """A git repository with ``modules``; its commit."""
    for module in modules:
        write_module(folder, module)
    git = ("git", "-C", str(folder), "-c", "user.name=n", "-c", "user.email=n@example.org")
    for command in (("init", "--quiet", "--initial-branch=19.0"), ("add", "."), ("commit", "--quiet", "--message=m")):
        subprocess.run((*git, *command), check=True)
    return subprocess.run((*git, "rev-parse", "HEAD"), check=True, capture_output=True, text=True).stdout.strip()


def names(found: Closure) -> list[str]:
    return [module.name for module in found.local]


def test_a_package_brings_a_module_and_what_it_needs_in_turn(tmp_path: Path) -> None:
    package(tmp_path / "wheels", "other", "19.0.1.0.0", "odoo-addon-third", depends="'third'")
    package(tmp_path / "wheels", "other", "18.0.9.0.0")
    package(tmp_path / "wheels", "third", "19.0.2.0.0", depends="'web'")
    (tmp_path / "test-requirements.txt").write_text("--find-links=wheels\nodoo-addon-other\n")
    found, others = tried(tmp_path)
    assert names(found) == ["other", "probe", "third"]
    assert found.core == ("web",)
    assert others.origins["other"] == "package odoo-addon-other 19.0.1.0.0"
    for wheel in (tmp_path / "wheels").iterdir():  # it is kept: no index is asked again
        wheel.unlink()
    assert names(tried(tmp_path)[0]) == ["other", "probe", "third"]


def test_a_variable_in_a_requirements_file_has_its_value_as_with_pip(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package(tmp_path / "wheels", "other", "19.0.1.0.0")
    (tmp_path / "test-requirements.txt").write_text("--find-links=file://${WHEELS}\nodoo-addon-other\n")
    monkeypatch.setenv("WHEELS", str(tmp_path / "wheels"))
    assert names(tried(tmp_path)[0]) == ["other", "probe"]


def test_the_checkouts_own_module_comes_first_and_nothing_is_fetched(tmp_path: Path) -> None:
    write_module(tmp_path / "addons", "other")
    (tmp_path / "requirements.txt").write_text("odoo-addon-other\n")
    found, others = tried(tmp_path)
    assert (names(found), others.origins) == (["other", "probe"], {})


def test_a_package_that_no_index_has_is_refused(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("odoo-addon-other\n")
    with pytest.raises(UsageError, match=r"No package index has odoo-addon-other==19\.0\.\*"):
        tried(tmp_path)


def test_a_repository_brings_a_module_and_its_commit_is_known(tmp_path: Path) -> None:
    commit = repository(tmp_path / "theirs", "other")
    found, others = tried(tmp_path, repositories=[f"theirs=file://{tmp_path}/theirs"])
    assert names(found) == ["other", "probe"]
    assert others.origins["other"] == f"file://{tmp_path}/theirs at {commit} other"
    (tmp_path / "theirs").rename(tmp_path / "moved")  # its commit is kept
    assert names(tried(tmp_path, repositories=[f"theirs=file://{tmp_path}/theirs@19.0"])[0]) == ["other", "probe"]


def test_a_table_names_repositories_and_a_commit_may_be_given(tmp_path: Path) -> None:
    commit = repository(tmp_path / "theirs", "other")
    table = f'[tool.hub-runner.repositories]\ntheirs = "file://{tmp_path}/theirs@{commit}"\n'
    (tmp_path / "pyproject.toml").write_text(table)
    assert names(tried(tmp_path)[0]) == ["other", "probe"]


def test_a_folder_of_this_machine_needs_no_git(tmp_path: Path) -> None:
    write_module(tmp_path / "theirs" / "addons", "other")
    found, others = tried(tmp_path / "checkout", repositories=["theirs=../theirs"])
    assert names(found) == ["other", "probe"]
    assert others.origins["other"].endswith("theirs addons/other")


def test_ocas_file_names_repositories_with_address_and_branch(tmp_path: Path) -> None:
    repository(tmp_path / "theirs", "other")
    (tmp_path / "oca_dependencies.txt").write_text(f"# other repositories\ntheirs file://{tmp_path}/theirs 19.0\n")
    assert names(tried(tmp_path)[0]) == ["other", "probe"]


def test_ocas_file_alone_means_ocas_own_repositories(tmp_path: Path) -> None:
    (tmp_path / "oca_dependencies.txt").write_text("server-tools\n")
    write_module(tmp_path / "addons", "probe")
    (found,) = elsewhere(load(tmp_path, environ={}), [], "").repositories
    assert (found.address, found.ref) == ("https://github.com/OCA/server-tools.git", "")


def test_odoos_own_modules_are_looked_for_nowhere(tmp_path: Path) -> None:
    found, others = tried(tmp_path, depends="'mail', 'web'", repositories=["gone=/no/such/folder"])
    assert (found.core, others.origins) == (("mail", "web"), {})


@pytest.mark.parametrize(
    ("version", "image"),
    [
        ("18.0.1.0.0", "odoo:18.0"),
        ("1.0", "odoo:18.0"),  # the image alone names a series
        ("18.0.1.0.0", "registry.example/odoo:latest"),  # the module alone does
    ],
)
def test_a_module_that_only_another_series_of_odoo_has_is_fetched(tmp_path: Path, version: str, image: str) -> None:
    """OCA's mail_tracking is Odoo's own since 20.0, and was refused on 18.0 with advice that was followed already."""
    package(tmp_path / "wheels", "mail_tracking", "18.0.1.0.0")
    (tmp_path / "test-requirements.txt").write_text("--find-links=wheels\nodoo-addon-mail_tracking\n")
    found, others = tried(tmp_path, "'mail_tracking', 'mail'", version=version, image=image)
    assert (names(found), found.core) == (["mail_tracking", "probe"], ("base", "mail"))
    assert others.origins["mail_tracking"] == "package odoo-addon-mail_tracking 18.0.1.0.0"


def test_a_module_that_names_no_series_gets_the_packages_of_the_images_series(tmp_path: Path) -> None:
    package(tmp_path / "wheels", "other", "18.0.1.0.0")
    package(tmp_path / "wheels", "other", "19.0.1.0.0")
    (tmp_path / "test-requirements.txt").write_text("--find-links=wheels\nodoo-addon-other\n")
    _, others = tried(tmp_path, version="1.0", image="odoo:18.0")
    assert others.origins["other"] == "package odoo-addon-other 18.0.1.0.0"


def test_a_module_that_names_no_series_gets_the_branch_of_the_images_series(tmp_path: Path) -> None:
    old = repository(tmp_path / "theirs", "other")  # the branch 19.0
    git = ("git", "-C", str(tmp_path / "theirs"), "-c", "user.name=n", "-c", "user.email=n@example.org")
    for command in (("checkout", "--quiet", "-b", "20.0"), ("commit", "--quiet", "--allow-empty", "--message=m")):
        subprocess.run((*git, *command), check=True)
    _, others = tried(tmp_path, version="1.0", image="odoo:19.0", repositories=[f"theirs=file://{tmp_path}/theirs"])
    assert others.origins["other"] == f"file://{tmp_path}/theirs at {old} other"


@pytest.mark.parametrize("image", ["odoo:20.0", "odoo:18.0"])
def test_what_odoo_of_the_images_series_has_is_not_fetched(tmp_path: Path, image: str) -> None:
    (tmp_path / "requirements.txt").write_text("odoo-addon-mail_tracking\n")
    name = "mail_tracking" if image == "odoo:20.0" else "mail"
    found, others = tried(tmp_path, f"'{name}'", version="1.0", image=image)
    assert (found.core, others.origins) == ((name,), {})


@pytest.mark.parametrize("name", ["mail_tracking", "mail"])
def test_if_nobody_knows_the_series_a_name_of_any_is_odoos_own(tmp_path: Path, name: str) -> None:
    found, others = tried(tmp_path, f"'{name}'", version="1.0", image="registry.example/odoo:latest")
    assert (found.core, others.origins) == ((name,), {})


@pytest.mark.parametrize(("image", "series"), [("company/odoo:20.0", ""), ("", ""), ("odoo:17.0", "17.0")])
def test_the_series_is_that_of_the_image_that_the_run_takes_whatever_the_setting_says(
    tmp_path: Path, image: str, series: str
) -> None:
    write_module(tmp_path / "addons", "probe")
    others = elsewhere(load(tmp_path, environ={}, flags={"odoo_image": "odoo:18.0"}), [], image)
    assert (others.image_series, others.series) == (series, series)


def test_a_dependency_that_nobody_has_is_refused_with_the_three_ways_to_get_it(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"(?s)`addons`.*tool\.hub-runner\.repositories.*odoo-addon-other in test-req"):
        tried(tmp_path)


def test_a_repository_that_cannot_be_fetched_is_named_without_its_password(tmp_path: Path) -> None:
    with pytest.raises(EnvironmentFailure, match=r"git could not fetch 19\.0 of http://127") as failed:
        tried(tmp_path, repositories=["theirs=http://user:secret@127.0.0.1:9/a.git"])
    assert "secret" not in str(failed.value)


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"theirs should be in .*/gone, and there is no such folder"):
        tried(tmp_path, repositories=["theirs=gone"])


@pytest.mark.parametrize("text", ["theirs", "=x", "theirs=--upload-pack=evil", "theirs=ext::sh -c evil"])
def test_what_git_could_take_for_a_command_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(UsageError, match="repositories"):
        tried(tmp_path, repositories=[text])


@pytest.mark.parametrize(
    "line",
    [
        "odoo-addon-other @ git+file://{folder}@19.0#subdirectory=other",
        "odoo-addon-other@git+file://{folder}@{commit}",
        "git+file://{folder}@19.0#egg=odoo-addon-other",
        "git+file://{folder}@19.0#subdirectory=other&egg=odoo-addon-other",
        "odoo-addon-other @ git+file://{folder}",
    ],
)
def test_a_package_at_the_address_of_a_repository_is_that_module(tmp_path: Path, line: str) -> None:
    folder = tmp_path / "remote"
    commit = repository(folder, "other")
    (tmp_path / "test-requirements.txt").write_text(line.format(folder=folder, commit=commit) + "\n")
    found, others = tried(tmp_path)
    assert names(found) == ["other", "probe"]
    assert others.origins["other"] == f"file://{folder} at {commit} other"


@pytest.mark.parametrize("ref", ["", "@19.0"])
@pytest.mark.parametrize(
    "line",
    [
        "odoo-addon-other @ git+ssh://git@example.invalid/c/r.git{ref}",
        "odoo-addon-other @ git+ssh://git@example.invalid/c/r.git{ref}#subdirectory=other",
        "git+ssh://git@example.invalid/c/r.git{ref}#egg=odoo-addon-other",
        "git+ssh://git@example.invalid/c/r.git{ref}#subdirectory=other&egg=odoo-addon-other",
    ],
)
def test_an_address_with_a_user_is_fetched_from_its_host(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: str, ref: str
) -> None:
    """Git's own configuration leads the whole address, and no part of it, to a repository of this machine."""
    commit = repository(tmp_path / "remote", "other")
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", f"url.file://{tmp_path / 'remote'}.insteadOf")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", "ssh://git@example.invalid/c/r.git")
    (tmp_path / "test-requirements.txt").write_text(f"{line.format(ref=ref)}\n")
    _, others = tried(tmp_path)
    assert others.origins["other"] == f"ssh://example.invalid/c/r.git at {commit} other"


def test_a_line_of_ocas_file_is_refused_without_its_token(tmp_path: Path) -> None:
    (tmp_path / "oca_dependencies.txt").write_text("theirs https://user:t0ken@example.invalid/r.git 19.0 more\n")
    with pytest.raises(UsageError, match=r"line 1: 'theirs https://example\.invalid/r\.git 19\.0 more'") as refused:
        tried(tmp_path)
    assert "t0ken" not in str(refused.value)


def test_what_such_a_module_needs_may_lie_beside_it(tmp_path: Path) -> None:
    write_module(tmp_path / "remote", "other", "{'name': 'O', 'depends': ['third']}")
    repository(tmp_path / "remote", "third")
    (tmp_path / "requirements.txt").write_text(f"odoo-addon-other @ git+file://{tmp_path / 'remote'}@19.0\n")
    assert names(tried(tmp_path)[0]) == ["other", "probe", "third"]


def test_a_host_that_is_not_reached_is_named_without_its_password(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("odoo-addon-other @ git+http://user:secret@127.0.0.1:9/OCA/other.git@19.0\n")
    with pytest.raises(EnvironmentFailure, match=r"could not fetch 19\.0 of http://127\.0\.0\.1:9/OCA/other\.git") as failed:
        tried(tmp_path)
    assert "secret" not in str(failed.value)


def test_a_repository_without_the_module_is_refused(tmp_path: Path) -> None:
    repository(tmp_path / "remote", "third")
    (tmp_path / "requirements.txt").write_text(f"odoo-addon-other @ git+file://{tmp_path / 'remote'}@19.0\n")
    with pytest.raises(UsageError, match="there is no module other in file://"):
        tried(tmp_path)


def test_a_folder_outside_of_the_repository_is_not_taken(tmp_path: Path) -> None:
    write_module(tmp_path / "outside", "other")
    repository(tmp_path / "remote", "third")
    address = f"git+file://{tmp_path / 'remote'}@19.0#subdirectory=../../../../../../outside/other"
    (tmp_path / "requirements.txt").write_text(f"odoo-addon-other @ {address}\n")
    with pytest.raises(UsageError, match="there is no module other"):
        tried(tmp_path)


def test_no_host_is_asked_for_a_module_that_nobody_needs(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("odoo-addon-unused @ git+http://127.0.0.1:9/OCA/unused.git\n")
    assert names(tried(tmp_path, "'web'")[0]) == ["probe"]


@pytest.mark.parametrize(
    "line",
    [
        "odoo-addon-other @ https://user:t0ken@127.0.0.1:1/odoo_addon_other-19.0.1.0.0-py3-none-any.whl",
        "odoo-addon-other @ git+https://user:t0ken@127.0.0.1:1/other.git@19.0",
        "odoo-addon-other @ git+ssh//user:t0ken@127.0.0.1:1/other.git",
        "odoo-addon-other @ git+https://user:t0ken@127.0.0.1:1/other.git",
        "odoo-addon-other @ git+https://user:t0ken@127.0.0.1:1/other.git#subdirectory=other",
        "git+https://user:t0ken@127.0.0.1:1/other.git#egg=odoo-addon-other",
        "git+https://t0ken@127.0.0.1:1/other.git#egg=odoo-addon-other",
        "odoo-addon-other @ git+https://user:t0ken@127.0.0.1:1/other.git and more",
        "-r https://user:t0ken@127.0.0.1:1/other.txt",
    ],
)
def test_no_refusal_repeats_the_token_of_an_address(tmp_path: Path, line: str) -> None:
    """It would stand in the log, and in the log of CI."""
    (tmp_path / "test-requirements.txt").write_text(f"{line}\n", encoding="utf-8")
    with pytest.raises((EnvironmentFailure, UsageError)) as refused:
        tried(tmp_path)
    assert "other" in str(refused.value)
    assert "t0ken" not in str(refused.value)
