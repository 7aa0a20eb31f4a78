"""A package in Odoo's place, for the stand-in image with a real Python: it loads modules and runs their tests, and no more.

It has just what the launcher hooks into, under Odoo 18.0's own names, so the record of a run is the real recorder's.
"""
