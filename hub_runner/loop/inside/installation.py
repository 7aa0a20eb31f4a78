"""Odoo's shell, and the installation before it: ``python3 shell.pyz server|shell ODOO_ARGUMENT...``.

Odoo ends with 0 also if it has ignored a module that it was to install: one of another series, or not installable.
Here that is a failure.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib import import_module

from hub_runner.odoo.inside import boot, shell
from hub_runner.odoo.inside.arguments import targets


def main() -> None:
    boot.use_python_of_odoo()
    if sys.argv[1] == "server":
        boot.around_start(demanding(targets(sys.argv), sys.argv[sys.argv.index("--database") + 1]))
    shell.main()


def demanding(modules: tuple[str, ...], database: str) -> Callable[[Callable[..., object]], Callable[..., object]]:
    """Lets a start of Odoo's server fail unless all ``modules`` are installed in ``database`` at its end."""

    def wrap(original: Callable[..., object]) -> Callable[..., object]:
        def start(*args: object, **kwargs: object) -> object:
            if code := original(*args, **kwargs):
                return code
            with import_module("odoo.sql_db").db_connect(database).cursor() as cr:
                cr.execute("SELECT name FROM ir_module_module WHERE state = 'installed'")
                ignored = sorted({*modules} - {name for (name,) in cr.fetchall()})
            if ignored:
                print(f"hub-runner: Odoo has ignored {', '.join(ignored)}: see its warnings above.", file=sys.stderr)  # noqa: T201
            return int(bool(ignored))

        return start

    return wrap
