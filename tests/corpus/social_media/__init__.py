"""Odoo has a module of this name, and finds that one first."""
