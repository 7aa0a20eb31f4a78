"""What runs in Odoo's container for the loop alone: packed apart from ``odoo/inside``, whose changes cost databases."""
