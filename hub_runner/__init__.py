"""hub-runner: one command tests one Odoo module in a throw-away Docker environment and tells the truth about it."""

__version__ = "1.0.0"
