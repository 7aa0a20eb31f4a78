"""What runs inside Odoo's container: the standard library and odoo only, in the syntax of Python 3.8.

``launcher`` runs a test, ``preparation`` makes a prepared database. Nothing else of hub_runner may be imported here:
``hub_runner.odoo.command`` packs just this package.
"""
