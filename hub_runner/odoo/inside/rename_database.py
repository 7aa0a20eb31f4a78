"""``python3 reveal.pyz OLD NEW ODOO_ARGUMENT...`` gives a database another name, and its folder of files with it.

Odoo's server of the odoo service never opens the tests' database (incident I6), and knows it by its name: under another name
it can be looked at in a browser.
"""

from __future__ import annotations

import inspect
import sys
from importlib import import_module

from hub_runner.odoo.inside import boot


def main() -> None:
    boot.use_python_of_odoo()
    old, new, *odoo_arguments = sys.argv[1:]
    config = import_module("odoo.tools").config
    config.parse_config(boot.fit(odoo_arguments))
    database = import_module("odoo.service.db")
    inspect.unwrap(database.exp_rename)(old, new)  # unwrapped: `list_db = False` forbids it to others than us


if __name__ == "__main__":
    main()
