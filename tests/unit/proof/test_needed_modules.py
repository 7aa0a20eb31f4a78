"""Each module of the commit that the tested one needs is compared, whatever proof.json lists."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from hub_runner.checkout import snapshot
from tests.unit.proof import honest
from tests.unit.proof.honest import Run


def ignored_file(run: Run) -> None:
    """The run has seen a file of a dependency that git does not see, so that its checkout counts as clean."""
    (run.root / "addons/rocks/local.py").write_text("HARD = False\n")
    run.anew(honest.result(run.root, run.honest.info.commit or ""))


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        (None, "addons/rocks/local.py is not committed"),
        (lambda modules: modules.pop("rocks"), "needed by traction, and proof.json does not list its files"),
        (lambda modules: modules["rocks"].update(folder=None), "proof.json says that it came from elsewhere"),
    ],
    ids=["honest", "left out", "from elsewhere"],
)
def test_files_of_a_dependency_are_compared_whatever_the_statement_says(
    edit: Callable[[dict[str, Any]], object] | None, said: str, run: Run
) -> None:
    ignored_file(run)
    if edit:
        run.edit_proof(lambda proof: edit(proof["predicate"]["hubRunner"]["modules"]))
    code, told = run.verify()
    assert code == 1
    assert re.search(f"  other_files: .*{re.escape(said)}", told), told


@pytest.mark.parametrize("addons", ["addons", "a*", "addons/rocks", "**"])
def test_each_kind_of_addons_folder_is_known(addons: str, run: Run) -> None:
    (run.root / "pyproject.toml").write_text(
        f'[tool.hub-runner]\noutput = "out"\naddons = ["elsewhere", "/x", "{addons}"]\n'
    )
    result = honest.result(run.root, honest.commit(run.root))
    run.anew(result)
    assert run.verify()[0] == 0
    alone = {"traction": result.info.trees["traction"]}
    run.anew(replace(result, info=replace(result.info, trees=alone)))
    code, told = run.verify()
    if addons == "addons/rocks":  # then nobody follows traction
        assert code == 0
    else:
        assert "addons/rocks of commit" in told, told


def test_what_the_dependencies_need_is_needed_too_and_what_odoo_has_is_not(run: Run) -> None:
    for name, text in (("rocks", '{"depends": ["sand", "mail"]}'), ("sand", '{"depends": ["base"]}')):
        (run.root / "addons" / name).mkdir(exist_ok=True)
        (run.root / "addons" / name / "__manifest__.py").write_text(text)
    run.anew(honest.result(run.root, honest.commit(run.root)))
    code, told = run.verify()
    assert code == 1
    assert re.findall("other_files: (.*) of commit", told) == ["addons/sand"], told


@pytest.mark.parametrize("module", ["traction", "rocks"])
def test_a_module_that_a_flag_took_from_another_folder_is_not_that_of_the_commit(module: str, run: Run) -> None:
    """``--addons stubs`` with an easier copy of the module, or of what it needs, which is committed, too."""
    shutil.copytree(run.root / "addons" / module, run.root / "stubs" / module)
    result = honest.result(run.root, honest.commit(run.root))
    stub = replace(result.info.trees[module], folder=run.root / "stubs" / module)
    run.anew(replace(result, info=replace(result.info, trees={**result.info.trees, module: stub})))
    code, told = run.verify()
    assert code == 1
    assert re.search(f"other_files: addons/{module} of commit .* has the files of stubs/{module}", told), told


@pytest.mark.parametrize("true", [True, False])
def test_what_was_taken_along_has_the_digest_that_the_result_names(true: bool, run: Run) -> None:
    value = snapshot.digest(run.honest.info.trees["rocks"].files) if true else "sha256:" + "5" * 64
    run.anew(replace(run.honest, info=replace(run.honest.info, along={"rocks": value})))
    code, told = run.verify()
    assert (code == 0) is true, told
    assert ("contradiction: The files of rocks" in told) is not true


def test_a_link_to_a_dependency_is_followed(run: Run) -> None:
    (run.root / "addons/rocks").rename(run.root / "elsewhere")
    (run.root / "addons/rocks").symlink_to("../elsewhere")
    result = honest.result(run.root, honest.commit(run.root))
    run.anew(result)
    assert run.verify()[0] == 0
    run.anew(replace(result, info=replace(result.info, trees={"traction": result.info.trees["traction"]})))
    assert "addons/rocks of commit" in run.verify()[1]
