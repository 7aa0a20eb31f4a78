"""Programs in Odoo's container: Python 3.8 syntax, the standard library, coverage.py and ``odoo/inside`` only."""
