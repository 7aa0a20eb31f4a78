from datetime import timedelta

from odoo import fields, models


class TractionTodo(models.Model):
    _name = "traction.todo"
    _description = "Traction To-Do"
    _inherit = "traction.commitment"

    rock_id = fields.Many2one("traction.rock", ondelete="set null", index=True)
    issue_id = fields.Many2one("traction.issue", ondelete="set null", index=True)

    def _default_due_date(self):
        """A to-do is a promise for the next weekly meeting."""
        return super()._default_due_date() + timedelta(days=7)
