from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from hub_runner.checkout.modules import catalogue
from hub_runner.errors import UsageError
from hub_runner.fleet.changed import Changes, changes
from hub_runner.settings import Settings
from tests.conftest import write_module


def git(root: Path, *arguments: str) -> str:
    who = (
        "-c",
        "user.name=A",
        "-c",
        "user.email=a@example.org",
        "-c",
        "commit.gpgsign=false",
        "-c",
        "protocol.file.allow=always",
    )
    return subprocess.run(
        ("git", "-C", str(root), *who, *arguments), check=True, capture_output=True, text=True
    ).stdout.strip()


def commit(root: Path) -> str:
    """Commits everything; the commit's name."""
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message", "x")
    return git(root, "rev-parse", "HEAD")


def module(addons: Path, name: str, *depends: str) -> Path:
    folder = write_module(addons, name, repr({"name": name, "depends": list(depends) or ["base"]}))
    (folder / "__init__.py").write_text(f"# {name}\n", encoding="utf-8")
    return folder


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A repository with a chain of modules and a lonely one."""
    root = tmp_path / "checkout"
    module(root / "addons", "bottom")
    module(root / "addons", "middle", "bottom")
    module(root / "addons", "top", "middle", "mail")
    module(root / "addons", "lonely")
    (root / "docker-compose.agent.yml").write_text(
        "services: {odoo: {volumes: [./odoo.conf:/etc/odoo.conf]}}", encoding="utf-8"
    )
    (root / "pyproject.toml").write_text('[project]\nname = "x"\n[tool.hub-runner]\nports = "1-2"\n', encoding="utf-8")
    (root / "README.md").touch()
    (root / "odoo.conf").touch()
    git(root, "init", "--quiet", "--initial-branch=main")
    commit(root)
    return root


def compared(root: Path, since: str = "HEAD", **settings: object) -> Changes:
    chosen = Settings(root=root, **settings)  # type: ignore[arg-type]
    return changes(chosen, catalogue(chosen.addons_folders), since)


def changed(root: Path, since: str = "HEAD", **settings: object) -> dict[str, str]:
    return dict(compared(root, since, **settings).reasons)


def test_nothing_has_changed_in_a_clean_tree(root: Path) -> None:
    assert compared(root) == Changes(reasons={})


def test_a_module_and_all_that_need_it_count_with_the_reason(root: Path) -> None:
    (root / "addons/bottom/__init__.py").write_text("changed", encoding="utf-8")
    assert changed(root) == {
        "bottom": "changed: __init__.py",
        "middle": "depends on bottom",
        "top": "depends on middle",
    }


@pytest.mark.parametrize("how", ["edited", "staged", "new", "deleted", "committed"])
def test_every_way_to_differ_counts(root: Path, how: str) -> None:
    before = git(root, "rev-parse", "HEAD")
    folder = root / "addons" / "lonely"
    if how == "new":
        (folder / "new file ä.py").touch()
    elif how == "deleted":
        (folder / "__init__.py").unlink()
    else:
        (folder / "__init__.py").write_text("changed", encoding="utf-8")
    if how == "staged":
        git(root, "add", "--all")
    if how == "committed":
        commit(root)
    assert list(changed(root, before)) == ["lonely"]


def test_a_file_that_was_changed_and_changed_back_does_not_count(root: Path) -> None:
    path = root / "addons" / "lonely" / "__init__.py"
    text = path.read_text(encoding="utf-8")
    path.write_text("changed", encoding="utf-8")
    commit(root)
    path.write_text(text, encoding="utf-8")
    assert changed(root, "HEAD~1") == {}


def test_ignored_files_and_those_of_runs_do_not_count(root: Path) -> None:
    (root / ".gitignore").write_text("*.pyc\n", encoding="utf-8")
    commit(root)
    (root / "addons" / "lonely" / "x.pyc").touch()
    (root / "proof_of_execution_tests.log").touch()
    assert changed(root) == {}


def test_a_module_that_was_renamed_counts_and_so_do_those_that_need_its_old_name(root: Path) -> None:
    git(root, "mv", "addons/bottom", "addons/ground")
    assert changed(root) == {
        "ground": "changed: __init__.py, __manifest__.py",
        "middle": "depends on bottom, which is gone",
        "top": "depends on middle",
    }


def test_a_module_that_was_deleted_makes_those_that_need_it_count(root: Path) -> None:
    git(root, "rm", "-r", "--quiet", "addons/middle")
    assert changed(root) == {"top": "depends on middle, which is gone"}


def test_a_module_counts_if_another_folder_of_its_name_was_used_and_is_gone(root: Path) -> None:
    module(root / "other", "middle", "bottom")
    commit(root)
    git(root, "rm", "-r", "--quiet", "addons/middle")
    assert changed(root, addons=("addons", "other")) == {
        "middle": "changed: another folder of that name is gone",
        "top": "depends on middle",
    }


def test_a_folder_that_was_never_used_changes_nothing_when_it_goes(root: Path) -> None:
    module(root / "other", "middle", "bottom")
    commit(root)
    git(root, "rm", "-r", "--quiet", "other/middle")
    assert changed(root, addons=("addons", "other")) == {}


def test_a_module_whose_folder_was_a_link_is_missed_by_those_that_need_it(root: Path) -> None:
    git(root, "mv", "addons/middle", "middle")
    (root / "addons" / "middle").symlink_to("../middle")
    commit(root)
    (root / "addons" / "middle").unlink()
    assert changed(root) == {"top": "depends on middle, which is gone"}


def test_a_file_that_moved_from_one_module_to_another_changes_both(root: Path) -> None:
    git(root, "mv", "addons/lonely/__init__.py", "addons/top/moved.py")
    assert set(changed(root)) == {"lonely", "top"}


@pytest.mark.parametrize(
    "name",
    [
        "docker-compose.agent.yml",
        "requirements.txt",
        "test-requirements.txt",
        "oca_dependencies.txt",
        "addons/requirements.txt",
        "odoo.conf",
    ],
)
def test_what_decides_for_all_changes_all(root: Path, name: str) -> None:
    (root / name).write_text("# changed", encoding="utf-8")
    assert (
        set(changed(root).values()) == {f"{name} differs, which decides for all modules"}
        or name == "docker-compose.agent.yml"
    )
    assert set(changed(root)) == {"bottom", "lonely", "middle", "top"}


def test_only_our_own_table_of_pyproject_decides_for_all(root: Path) -> None:
    path = root / "pyproject.toml"
    path.write_text('[project]\nname = "y"\n[tool.hub-runner]\nports = "1-2"\n', encoding="utf-8")
    assert changed(root) == {}
    path.write_text('[project]\nname = "y"\n[tool.hub-runner]\nports = "1-3"\n', encoding="utf-8")
    assert set(changed(root).values()) == {"[tool.hub-runner] in pyproject.toml differs, which decides for all modules"}


@pytest.mark.parametrize("name", ["README.md", "docs/x.md", "addons/README.md", "addons/lonely.txt"])
def test_what_decides_for_nothing_changes_nothing(root: Path, name: str) -> None:
    (root / name).parent.mkdir(exist_ok=True)
    (root / name).write_text("changed", encoding="utf-8")
    assert changed(root) == {}


def test_a_file_outside_that_a_module_links_to_belongs_to_the_module(root: Path) -> None:
    (root / "shared").mkdir()
    (root / "shared" / "x.py").touch()
    (root / "addons" / "lonely" / "x.py").symlink_to("../../shared/x.py")
    commit(root)
    (root / "shared" / "x.py").write_text("changed", encoding="utf-8")
    assert changed(root) == {"lonely": "changed: x.py"}


def test_a_module_whose_folder_is_a_link_counts_by_where_it_leads(root: Path) -> None:
    module(root / "vendor", "linked")
    (root / "addons" / "linked").symlink_to("../vendor/linked")
    commit(root)
    (root / "vendor" / "linked" / "x.py").touch()
    assert changed(root) == {"linked": "changed: x.py"}


def test_each_link_of_a_chain_counts(root: Path) -> None:
    for version in ("v1", "v2"):
        (root / "shared" / version).mkdir(parents=True)
        (root / "shared" / version / "x.py").touch()
    (root / "shared" / "current").symlink_to("v1")
    (root / "addons" / "lonely" / "lib").symlink_to("../../shared/current")
    commit(root)
    (root / "shared" / "current").unlink()
    (root / "shared" / "current").symlink_to("v2")
    assert changed(root) == {"lonely": "changed: current"}


def test_a_link_in_the_folder_that_a_link_leads_to_is_followed(root: Path) -> None:
    (root / "far").mkdir()
    (root / "far" / "x.py").touch()
    (root / "shared").mkdir()
    (root / "shared" / "far").symlink_to(root / "far")
    (root / "addons" / "lonely" / "lib").symlink_to("../../shared")
    commit(root)
    (root / "far" / "x.py").write_text("changed", encoding="utf-8")
    assert changed(root) == {"lonely": "changed: x.py"}


def test_a_module_whose_folder_is_a_link_that_turned_elsewhere_counts(root: Path) -> None:
    module(root / "v1", "linked")
    module(root / "v2", "linked")
    (root / "addons" / "linked").symlink_to("../v1/linked")
    commit(root)
    (root / "addons" / "linked").unlink()
    (root / "addons" / "linked").symlink_to("../v2/linked")
    assert changed(root) == {"linked": "changed: linked"}


def test_links_in_a_circle_are_no_hindrance(root: Path) -> None:
    (root / "addons" / "lonely" / "round").symlink_to("about")
    (root / "addons" / "lonely" / "about").symlink_to("round")
    commit(root)
    (root / "addons" / "top" / "x.py").touch()
    assert list(changed(root)) == ["top"]


def test_a_broken_manifest_is_no_hindrance(root: Path) -> None:
    (root / "addons" / "top" / "__manifest__.py").write_text("{", encoding="utf-8")
    assert changed(root) == {"top": "changed: __manifest__.py"}


def test_modules_may_lie_at_the_root_and_in_a_folder_of_the_repository(root: Path) -> None:
    (root / "addons" / "lonely" / "new.py").touch()
    assert list(changed(root / "addons", addons=(".",))) == ["lonely"]


def test_a_repository_that_is_one_module_counts_by_all_its_files(tmp_path: Path) -> None:
    root = module(tmp_path, "traction")
    git(root, "init", "--quiet")
    commit(root)
    assert changed(root) == {}
    (root / "proof_of_execution_tests.log").touch()
    assert changed(root) == {}
    (root / "x.py").touch()
    assert changed(root) == {"traction": "changed: x.py"}


@pytest.mark.parametrize("since", ["no-such", "", "-x", "--output=x", "HEAD..HEAD", "HEAD:addons", "0" * 40])
def test_a_commit_that_is_not_there_is_refused(root: Path, since: str) -> None:
    with pytest.raises(UsageError, match="There is no commit"):
        changed(root, since)


def test_the_branch_of_a_remote_is_suggested(root: Path, tmp_path: Path) -> None:
    git(tmp_path, "clone", "--quiet", str(root), "clone")
    git(tmp_path / "clone", "checkout", "--quiet", "-b", "topic")
    git(tmp_path / "clone", "branch", "--quiet", "-D", "main")
    with pytest.raises(UsageError, match=r"Perhaps origin/main is meant\."):
        changed(tmp_path / "clone", "main")
    assert changed(tmp_path / "clone", "origin/main") == {}


def test_a_shallow_clone_without_the_commit_is_refused_with_the_way_to_get_it(root: Path, tmp_path: Path) -> None:
    before = git(root, "rev-parse", "HEAD")
    (root / "addons" / "lonely" / "new.py").touch()
    commit(root)
    git(tmp_path, "clone", "--quiet", "--depth=1", f"file://{root}", "clone")
    with pytest.raises(UsageError, match=r"shallow.*fetch-depth: 0"):
        changed(tmp_path / "clone", before)
    git(tmp_path / "clone", "fetch", "--quiet", "--depth=1", "origin", before)
    assert list(changed(tmp_path / "clone", before)) == ["lonely"], "its files are enough: no history is needed"


def test_a_worktree_is_compared_by_itself(root: Path, tmp_path: Path) -> None:
    git(root, "worktree", "add", "--quiet", str(tmp_path / "tree"), "-b", "topic")
    (root / "addons" / "bottom" / "new.py").touch()
    (tmp_path / "tree" / "addons" / "lonely" / "new.py").touch()
    assert list(changed(tmp_path / "tree", "main")) == ["lonely"]


@pytest.fixture
def with_submodule(root: Path, tmp_path: Path) -> Path:
    """The repository with another one, of two modules, as the submodule addons/web."""
    other = tmp_path / "other"
    module(other, "web_one")
    module(other, "web_two")
    git(other, "init", "--quiet")
    commit(other)
    git(root, "submodule", "--quiet", "add", str(other), "addons/web")
    commit(root)
    return root


WITH_WEB = ("addons", "addons/web")


def test_a_submodule_that_is_as_it_was_changes_nothing(with_submodule: Path) -> None:
    assert compared(with_submodule, addons=WITH_WEB) == Changes(reasons={})


@pytest.mark.parametrize("how", ["edited", "new", "committed"])
def test_in_a_submodule_only_the_modules_that_differ_count(with_submodule: Path, how: str) -> None:
    web = with_submodule / "addons" / "web"
    (web / "web_one" / ("new.py" if how == "new" else "__init__.py")).write_text("changed", encoding="utf-8")
    if how == "committed":
        commit(web)
    assert list(changed(with_submodule, addons=WITH_WEB)) == ["web_one"]


def test_all_modules_of_a_new_submodule_count(with_submodule: Path) -> None:
    assert list(changed(with_submodule, "HEAD~1", addons=WITH_WEB)) == ["web_one", "web_two"]


def test_all_modules_of_a_submodule_in_a_new_submodule_count(with_submodule: Path, tmp_path: Path) -> None:
    outer = tmp_path / "outer"
    module(outer, "outer_one")
    git(outer, "init", "--quiet")
    git(outer, "submodule", "--quiet", "add", str(tmp_path / "other"), "inner")
    commit(outer)
    git(with_submodule, "submodule", "--quiet", "add", str(outer), "outer")
    git(with_submodule, "submodule", "--quiet", "update", "--init", "--recursive")
    addons = ("addons", "outer", "outer/inner")
    assert compared(with_submodule, addons=addons) == Changes(
        reasons=dict.fromkeys(("outer_one", "web_one", "web_two"), "changed: __init__.py, __manifest__.py")
    )
    commit(with_submodule)
    assert compared(with_submodule, addons=addons) == Changes(reasons={})
    (with_submodule / "outer" / "inner" / "web_two" / "new.py").touch()
    assert list(changed(with_submodule, addons=addons)) == ["web_two"]


def test_a_file_of_a_submodule_that_one_of_its_modules_links_to_belongs_to_the_module(with_submodule: Path) -> None:
    web = with_submodule / "addons" / "web"
    (web / "shared.py").touch()
    (web / "web_one" / "shared.py").symlink_to("../shared.py")
    commit(web)
    commit(with_submodule)
    (web / "shared.py").write_text("changed", encoding="utf-8")
    assert changed(with_submodule, addons=WITH_WEB) == {"web_one": "changed: shared.py"}


def test_modules_of_a_worktree_inside_that_git_ignores_are_not_compared_and_named(root: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    module(other, "worked")
    git(other, "init", "--quiet")
    commit(other)
    (root / ".gitignore").write_text("vendor/\n", encoding="utf-8")
    commit(root)
    git(other, "worktree", "add", "--quiet", str(root / "vendor"), "-b", "topic")
    found = compared(root, addons=("addons", "vendor"))
    assert found == Changes(
        reasons={}, notes=(f"Not compared, because they do not belong to the repository {root}: worked.",)
    )


def test_modules_of_a_clone_inside_and_of_a_folder_elsewhere_are_not_compared_and_named(root: Path, tmp_path: Path) -> None:
    clone = module(root / "vendor", "cloned").parent
    git(clone, "init", "--quiet")
    commit(clone)
    module(tmp_path / "elsewhere", "stranger")
    found = compared(root, addons=("addons", "vendor", str(tmp_path / "elsewhere")))
    assert found.reasons == {}
    assert found.notes == (f"Not compared, because they do not belong to the repository {root}: cloned, stranger.",)


def test_a_folder_without_git_is_refused_in_gits_words(tmp_path: Path) -> None:
    module(tmp_path / "addons", "probe")
    with pytest.raises(UsageError, match="not a git repository"):
        changed(tmp_path)


def test_a_machine_without_git_is_refused(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(root))
    with pytest.raises(UsageError, match="did not come to its end"):
        changed(root)


def test_settings_of_the_users_git_do_not_change_the_answer(root: Path) -> None:
    for key, value in (
        ("status.showUntrackedFiles", "no"),
        ("diff.renames", "copies"),
        ("diff.external", "false"),
        ("diff.relative", "true"),
    ):
        git(root, "config", key, value)
    git(root, "mv", "addons/lonely/__init__.py", "addons/lonely/again.py")
    (root / "addons" / "top" / "new.py").touch()
    assert set(changed(root / "addons", addons=(".",))) == {"lonely", "top"}


def test_asking_changes_nothing(root: Path) -> None:
    (root / "addons" / "lonely" / "__init__.py").write_text("edited")
    before = git(root, "ls-files", "--stage"), git(root, "status", "--porcelain"), git(root, "rev-parse", "HEAD")
    changed(root)
    assert (git(root, "ls-files", "--stage"), git(root, "status", "--porcelain"), git(root, "rev-parse", "HEAD")) == before


def test_a_folder_with_several_names_changes_all_modules_of_these_names(root: Path) -> None:
    for name in ("an_alias", "z_alias"):
        (root / "addons" / name).symlink_to("lonely")
    (root / "addons/lonely/shared.py").symlink_to("../../README.md")
    commit(root)
    everything = ["an_alias", "lonely", "z_alias"]
    (root / "addons/lonely/__init__.py").write_text("changed", encoding="utf-8")
    assert list(changed(root)) == everything
    git(root, "checkout", "--quiet", ".")
    (root / "README.md").write_text("changed", encoding="utf-8")
    assert list(changed(root)) == everything


def test_a_module_within_another_one_changes_that_too(root: Path) -> None:
    module(root / "addons/lonely/more", "inner")
    commit(root)
    (root / "addons/lonely/more/inner/__init__.py").write_text("changed", encoding="utf-8")
    assert changed(root, addons=("addons", "addons/lonely/more")) == {
        "inner": "changed: __init__.py",
        "lonely": "changed: more/inner/__init__.py",
    }


def test_a_folder_that_a_pattern_stood_for_may_be_gone_with_all_its_modules(tmp_path: Path) -> None:
    root = tmp_path / "check[out]"  # no pattern
    for folder, name, *needs in (("hr", "base_x"), ("hr", "twice"), ("sale", "sale_x", "base_x"), ("sale", "twice")):
        module(root / "addons" / folder, name, *needs)
    git(tmp_path, "init", "--quiet", "--initial-branch=main", str(root))
    commit(root)
    git(root, "rm", "-r", "--quiet", "addons/hr")
    assert changed(root, addons=("addons/*",)) == {
        "sale_x": "depends on base_x, which is gone",
        "twice": "changed: another folder of that name is gone",
    }
    assert changed(root, addons=("addons/sale",)) == {}


@pytest.mark.parametrize(
    "file",
    [
        "docker/Dockerfile",
        "docker/entry.sh",
        "conf/deep/odoo.cfg",
        "Dockerfile",
        "more.txt",
        "pip/more.txt",
        "vendor/x/a.py",
    ],
)
def test_what_the_compose_file_and_requirements_name_decides_for_all_modules(root: Path, file: str) -> None:
    """Folders that are mounted or that an image is built in, files of `-r`, and a folder with more modules."""
    (root / "docker-compose.agent.yml").write_text(
        "services:\n  odoo:\n    build: docker\n    volumes: [./conf:/etc/odoo, ./addons:/mnt/extra-addons]\n"
        "  mail: {build: {context: .}, volumes: ['./:/all']}  # see ./notes\n",
        encoding="utf-8",
    )
    (root / "requirements.txt").write_text("-r pip/base.txt\n", encoding="utf-8")
    (root / "pip").mkdir()
    (root / "pip/base.txt").write_text("-c ../more.txt\n-r more.txt\n-r ../pip/base.txt\n", encoding="utf-8")
    commit(root)
    for other in ("notes/a.md", "addons/README.md", "other/more/readme"):
        (root / other).parent.mkdir(parents=True, exist_ok=True)
        (root / other).touch()
    assert changed(root, repositories=("more=vendor", "x=https://example.org/x.git")) == {}
    (root / file).parent.mkdir(parents=True, exist_ok=True)
    (root / file).write_text("changed", encoding="utf-8")
    why = f"{file} differs, which decides for all modules"
    found = changed(root, repositories=("more=vendor", "x=https://example.org/x.git"))
    assert found == dict.fromkeys(("bottom", "lonely", "middle", "top"), why)


def test_a_module_that_the_setting_with_takes_along_changes_the_run_of_each(root: Path) -> None:
    (root / "addons/bottom/__init__.py").write_text("changed", encoding="utf-8")
    assert changed(root, with_=("lonely",)).keys() == {"bottom", "middle", "top"}
    expected = {
        "bottom": "changed: __init__.py",
        "lonely": "is tested with middle",
        "middle": "depends on bottom",
        "top": "depends on middle",
    }
    assert changed(root, with_=("middle",)) == expected
    assert changed(root, with_=("all",)) == {**expected, "lonely": "is tested with bottom"}


def test_modules_that_git_ignores_are_not_compared_and_named(root: Path) -> None:
    (root / ".gitignore").write_text("addons/made*\n__pycache__\n", encoding="utf-8")
    module(root / "addons", "made_tracked")
    git(root, "add", "--force", "addons/made_tracked/__manifest__.py")
    (root / "addons/lonely/__pycache__").mkdir()
    (root / "addons/lonely/__pycache__/x.pyc").touch()
    commit(root)
    module(root / "addons", "made")
    assert compared(root) == Changes(reasons={}, notes=("Not compared, because git ignores their files: made.",))
