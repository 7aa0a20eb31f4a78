"""Errors whose words are a riddle to who writes a first module, each with what to do about it in a sentence.

What is like a wrong name is not here: Odoo's own registry knows it (``odoo/inside/suggestions.py``).
"""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Known:
    """``advice`` is a sentence or two; ``wrong`` the words by which the line in a file is found, the likeliest first."""

    advice: str
    wrong: tuple[str, ...] = ()


# Fields that a series renamed or took away, by model and old name.
_GONE = {
    ("res.groups", "category_id"): "Since 19.0 a group has a privilege_id, and that has the category.",
    ("res.groups", "users"): "Since 19.0 it is called user_ids.",
    ("res.users", "groups_id"): "Since 19.0 it is called group_ids.",
    ("ir.cron", "numbercall"): "It is gone since 18.0: a scheduled action runs until it is switched off. Take the line out.",
    ("ir.cron", "doall"): "It is gone since 18.0. Take the line out.",
    ("product.template", "detailed_type"): "Since 18.0 it is `type`, and `is_storable` says whether stock is kept.",
}
_INVALID_FIELD = re.compile(r"Invalid field '(?P<field>\w+)' (?:in|on model) '(?P<model>[\w.]+)'")

# The first pattern that fits counts. A group `wrong` is a text of the file in which the mistake stands.
_KNOWN: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    (
        r"\"attrs\" and \"states\" attributes are no longer used",
        'Write each condition as an attribute of its own, in Python: invisible="not is_big", or readonly, or required.',
        ("attrs=", "states="),
    ),
    (
        r"Invalid view type: 'tree'|Wrong value for ir\.ui\.view\.type: 'tree'",
        "Since 18.0 it is called list: write <list>, and list in view_mode.",
        ("<tree",),
    ),
    (
        r"module 'odoo\.api' has no attribute '(?:one|multi)'",
        "It is gone since 13.0: take the decorator away, and loop in the method: `for record in self:`.",
        (),
    ),
    (
        r"ImportError: cannot import name '(?P<name>\w+)' from '(?P<home>odoo(?:\.(?!addons\b)\w+)*)' \(",
        "This Odoo has no {name} in {home}: check its spelling; or the module is of another series, or younger than this "
        "build of Odoo (odoo-image).",
        (),
    ),
    (
        r"invalid literal for int\(\) with base 10: '(?P<wrong>\w+\.[\w.]+)'",
        'An external id belongs into ref="..."; what stands between the tags is the value itself.',
        (),
    ),
    (
        r"NameError\([\"']name '(?P<wrong>true|false|null|none)' is not defined",
        "What stands in eval is Python: True, False or None.",
        (),
    ),
    (
        r"cannot be located in parent view",
        "Nothing in the parent view fits it: look at that view's own text, and at the series that it is of.",
        ("<xpath", "position="),
    ),
    (
        r"Element \w+ has extra content: record",
        "A <record> holds <field> elements only: look for another name in there, or for an attribute that it does not know.",
        (),
    ),
    (
        r"NotNullViolation: null value in column \"(?P<field>\w+)\" of relation",
        "The field {field} is required, and has no value there: give it one, or give the field a default.",
        (),
    ),
    (
        r"NotNullViolation",
        "A required field has no value there: give it one, or give the field a default.",
        (),
    ),
    (
        r"InFailedSqlTransaction",
        "A statement before this one failed, and its error was caught: let it fail inside `with self.env.cr.savepoint():`.",
        (),
    ),
    (
        r"Cursor already closed",
        "The module closed the cursor with which Odoo goes on, as `with env.cr:` and cr.close() do: leave that to Odoo.",
        (),
    ),
    (
        r"Expected singleton: [\w.]+\(\)",
        "There is no record there, where one is expected: look at the search or the field that it came from.",
        (),
    ),
    (
        r"Expected singleton: ",
        "There are several records there, where one is expected: loop over them (`for record in self:`).",
        (),
    ),
    (
        r"Compute method failed to assign [\w.]+\(.*\)\.(?P<field>\w+)",
        "Its compute method must assign {field} to each record, in each branch: an `else` may be missing.",
        (),
    ),
    (
        r"RecursionError",
        "That line calls the method that it stands in, without end: in write() or create() assigning a field calls write() "
        "again. Put the value into the values that go to super().",
        (),
    ),
    (
        r"AccessError: You are not allowed to \w+ '.*' \((?P<model>[\w.]+)\) records",
        "If this user should be: a line for {model} and one of the user's groups in security/ir.model.access.csv allows it.",
        (),
    ),
    (
        r"takes 0 positional arguments but 1 was given",
        "The first parameter of a method is self, of a class method cls.",
        (),
    ),
    (
        r"AttributeError: 'NoneType' object has no attribute",
        "That value is None. Does the method that it came from return it? create() must return what super() gave.",
        (),
    ),
    (
        r"KeyError: '(?P<model>\w+(?:\.\w+)+)'",
        "There is no model {model}: is its file imported in __init__.py, and the module that has it named in depends?",
        (),
    ),
)
_SET_UP = re.compile(r"'NoneType' object|has no attribute '(?:env|cr|uid|registry)'")


def known(error: str) -> Known | None:
    """What is known of an error; ``error`` is the text of the exception, with or without its traceback."""
    if (match := _INVALID_FIELD.search(error)) and (advice := _GONE.get((match["model"], match["field"]))):
        return Known(advice=advice, wrong=(match["field"],))
    for pattern, advice, wrong in _KNOWN:
        if match := re.search(pattern, error):
            groups = {name: text for name, text in match.groupdict().items() if text}
            named = (groups["wrong"],) if "wrong" in groups else wrong
            return Known(advice=advice.format(**groups) if groups else advice, wrong=named)
    return None


def of_set_up(method: str, error: str) -> str:
    """What to do about a broken ``setUpClass`` or ``setUp`` that uses what only Odoo's own one makes; empty if nothing."""
    if method.startswith("setUp") and _SET_UP.search(error):
        return f"Does {method} begin with super().{method}()? Only that makes env."
    return ""
