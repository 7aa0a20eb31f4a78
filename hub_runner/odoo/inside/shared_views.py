"""Views of later modules whose ground the tested module takes away: on a prepared database they were there before it.

On a fresh database a module that comes later finds only what is left of a view, and cannot be installed if its own view
names what is gone.
"""

from __future__ import annotations

from collections.abc import Collection

from hub_runner.odoo.inside.types_of_odoo import OdooObject

QUERY = """
    SELECT DISTINCT later.module || '.' || later.name
    FROM ir_ui_view own_view
    JOIN ir_model_data own ON own.model = 'ir.ui.view' AND own.res_id = own_view.id AND own.module IN %s
    JOIN ir_ui_view later_view ON later_view.inherit_id = own_view.inherit_id
    JOIN ir_model_data later ON later.model = 'ir.ui.view' AND later.res_id = later_view.id AND later.module IN %s
    WHERE own_view.arch_db::text ~ 'position=.{1,2}(replace|move)'
"""


def endangered(registry: OdooObject, new: Collection[str], later: Collection[str]) -> list[str]:
    """The external ids of views of the modules ``later`` that inherit from one of which a module of ``new`` takes a part.

    Never raises: Odoo is about to run tests, and a database that is gone ends it soon enough.
    """
    if registry is None or not new or not later:
        return []
    try:
        with registry.cursor() as cr:
            cr.execute(QUERY, (tuple(new), tuple(later)), log_exceptions=False)
            return sorted(name for (name,) in cr.fetchall())
    except Exception:  # noqa: BLE001 - of psycopg2, which only Odoo's Python has
        return []
