"""What runs inside Odoo's container: the standard library and odoo only, in the syntax of Python 3.8.

Nothing else of hub_runner may be imported here: ``hub_runner.odoo.launcher`` packs just this package.
"""

"""What runs inside Odoo's container: the standard library and odoo only, in the syntax of Python 3.8.

Nothing else of hub_runner may be imported here: ``hub_runner.odoo.launcher`` packs just this package.
"""
