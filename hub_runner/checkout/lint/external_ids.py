"""Which external ids the data files of a module make, and what is wrong with one that none of them makes."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping, Sequence

from hub_runner.checkout.lint import defined_models
from hub_runner.checkout.lint.data_parser import Reference
from hub_runner.checkout.lint.module_text import Text, hint
from hub_runner.checkout.modules import MANIFEST


def undefined(
    reference: Reference,
    whole: str,
    owner: Text,
    later: Sequence[str] | None,
    local: Mapping[str, Text],
    *,
    hinted: bool,
) -> tuple[str, bool]:
    """What is wrong with a reference that no data file defines by then, and whether that is certain.

    ``later`` are the files of the module itself that are still to come; None if another module owns the id. ``hinted`` says
    whether to look for what was meant.
    """
    name = whole.partition(".")[2]
    if reference.column == "model_id" and name.startswith("model_"):
        made = frozenset(model for other in local.values() for model in other.defined.made)
        return defined_models.unknown(name.removeprefix("model_"), owner.defined, made, hinted=hinted)
    if later is None and whole in owner.demo_ids:
        return (
            f"{reference.name} is demo data of {owner.module.name}: it is not there in a database without demo data",
            False,
        )
    if later and whole in loaded(owner, later):
        return f"{reference.name} is defined in a file that is listed later: list that file before this one", True
    elsewhere = next((path for path, names in owner.ids.items() if isinstance(names, set) and whole in names), None)
    if elsewhere:
        message = f"{reference.name} is defined in {elsewhere}, which `data` of {owner.module.name} does not list"
        return message, not _named_by_python(posixpath.basename(elsewhere), local)  # else a hook may load it
    ids = sorted(name for names in owner.ids.values() if isinstance(names, set) for name in names) if hinted else []
    return f"{reference.name} is defined in no file that is loaded before{hint(whole, ids)}", True


def loaded(text: Text, paths: Sequence[str]) -> set[str]:
    return {name for path in paths for name in text.made_by(posixpath.normpath(path))}


def _named_by_python(file: str, local: Mapping[str, Text]) -> bool:
    programs = (it for text in local.values() for it in text.files.items() if it[0].endswith(".py") and it[0] != MANIFEST)
    return any(file.encode() in data for _, data in programs)


def in_programs(name: str, local: Mapping[str, Text]) -> bool:
    """Whether some Python or SQL mentions the name, or makes up names that begin like it: a hook may make the record."""
    word = name.encode()
    return any(name.startswith(text.made_up) for text in local.values()) or any(
        word in data for text in local.values() for path, data in text.files.items() if path.endswith((".py", ".sql"))
    )
