"""``python3 shell.pyz COMMAND ODOO_ARGUMENT...`` calls Odoo with the address of the container's database.

COMMAND is ``server`` or ``shell``, as Odoo has it.
"""

from __future__ import annotations

import sys

from hub_runner.odoo.inside import boot


def main() -> None:
    boot.use_python_of_odoo()
    boot.use_utc()
    command, *odoo_arguments = sys.argv[1:]
    boot.call_odoo([command, *boot.fit(odoo_arguments)])


if __name__ == "__main__":
    main()
