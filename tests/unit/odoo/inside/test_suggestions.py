from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from hub_runner.odoo.inside import suggestions as module
from hub_runner.odoo.inside.suggestions import module_with, suggestions


class Rock:
    _fields = {  # noqa: RUF012 - as a model of Odoo has it
        "minutes": 1,
        "name": 2,
        "partner_id": SimpleNamespace(comodel_name="res.partner"),
        "email": SimpleNamespace(related="partner_id.nmae"),
        "emails": SimpleNamespace(related=("partner_id", "nmae")),
        "state": SimpleNamespace(selection=[("new", "New"), ("done", "Done")]),
        "kind": SimpleNamespace(selection="_kinds"),
    }

    def action_escalate(self) -> None: ...


class Registry(dict[str, object]):
    db_name = "t"

    @property
    def models(self) -> dict[str, object]:
        return self


REGISTRY = Registry({"traction.rock": Rock, "res.partner": Rock})


@pytest.mark.parametrize(
    ("text", "wrong", "names"),
    [
        ('Field "minuts" does not exist in model "traction.rock"', "minuts", ["minutes"]),
        ("- field “minuts” does not exist in model “traction.rock”.", "minuts", ["minutes"]),
        ("ValueError: Invalid field 'minuts' on model 'traction.rock'", "minuts", ["minutes"]),
        ("ValueError: Invalid field 'minuts' in 'traction.rock'", "minuts", ["minutes"]),
        ("Dependency field 'minuts' not found in model traction.rock.", "minuts", ["minutes"]),
        ("action_escalte is not a valid action on traction.rock", "action_escalte", ["action_escalate"]),
        ("AttributeError: 'traction.rock' object has no attribute 'minuts'", "minuts", ["minutes"]),
        ("TypeError: Model 'res.patner' does not exist in registry.", "res.patner", ["res.partner"]),
        ("KeyError: 'res.patner'", "res.patner", ["res.partner"]),
        ("Field probe.rock.x with unknown comodel_name 'res.patner'", "res.patner", ["res.partner"]),
        ("TypeError: Model 'x.y' inherits from non-existing model 'res.patner'.", "res.patner", ["res.partner"]),
        ('Unknown field "traction.rock.minuts" in domain of <field name="x">', "minuts", ["minutes"]),
        ("ValueError: 'minuts' declared in 'a.b.line_ids' does not exist on 'traction.rock'.", "minuts", ["minutes"]),
        ("ValueError: Invalid field traction.rock.minuts in condition ('minuts', '=', 1)", "minuts", ["minutes"]),
        ("Field nmae referenced in related field definition traction.rock.email does not exist.", "nmae", ["name"]),
        ("Field nmae referenced in related field definition traction.rock.emails does not exist.", "nmae", ["name"]),
        ("ValueError: Wrong value for traction.rock.state: 'nwe'", "nwe", ["new"]),
        ("ValueError: Wrong value for traction.rock.kind: 'nwe'", "nwe", []),
        ('Field "zzz" does not exist in model "traction.rock"', "zzz", []),
    ],
)
def test_a_wrong_name_is_given_with_those_that_are_like_it(text: str, wrong: str, names: list[str]) -> None:
    assert suggestions(f"Traceback ...\n{text}\n", REGISTRY) == [{"wrong": wrong, "names": names}]


@pytest.mark.parametrize("text", ["No matching record found for external id 'base.group_usr' in field 'Group'"])
def test_external_ids_are_looked_up_in_the_database(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr(module, "_identifiers", lambda registry, owner: [f"{owner}.group_user", f"{owner}.main_company"])
    assert suggestions(text, REGISTRY) == [{"wrong": "base.group_usr", "names": ["base.group_user"]}]


@pytest.mark.parametrize("registry", [None, SimpleNamespace(models=None), Registry()])
def test_a_registry_that_is_broken_gives_no_suggestion_and_no_error(registry: object) -> None:
    assert suggestions('Field "minuts" does not exist in model "traction.rock"', registry) == []


def test_an_error_that_names_nothing_has_no_suggestion() -> None:
    assert suggestions("ZeroDivisionError: division by zero", REGISTRY) == []


def test_a_model_of_a_module_that_is_not_installed_is_found_in_its_files(tmp_path: Path) -> None:
    for name, model in (("a_first", "mail.alias"), ("mail", "mail.thread"), ("zz", "mail.thread")):
        (tmp_path / name / "models").mkdir(parents=True)
        (tmp_path / name / "__manifest__.py").write_text("{}", encoding="utf-8")
        (tmp_path / name / "models" / "x.py").write_text(f"class X:\n    _name = '{model}'\n", encoding="utf-8")
    assert module_with("mail.thread", [str(tmp_path)]) == "mail"
    assert module_with("mail.alias", [str(tmp_path)]) == "a_first"
    assert module_with("mail.threa", [str(tmp_path)]) == ""
