from odoo import fields, models
from odoo.exceptions import UserError


class TractionIssue(models.Model):
    _name = "traction.issue"
    _description = "Traction Issue"
    _inherit = "traction.item"
    _order = "priority desc, id"

    state = fields.Selection(
        [("identified", "Identified"), ("discussed", "Discussed"), ("solved", "Solved")],
        default="identified",
        required=True,
        tracking=True,
    )
    horizon = fields.Selection(
        [("short", "Short Term"), ("long", "Long Term")], default="short", required=True, tracking=True
    )
    priority = fields.Selection([("0", "Normal"), ("1", "High")], default="0")
    solution = fields.Text(tracking=True)
    kpi_id = fields.Many2one("traction.kpi", string="Raised by KPI", readonly=True, ondelete="set null", index=True)
    todo_ids = fields.One2many("traction.todo", "issue_id", string="To-Dos")

    def action_discuss(self):
        self.state = "discussed"
        return True

    def action_solve(self):
        for issue in self:
            if not issue.solution:
                raise UserError(self.env._("Write down how %s was solved first.", issue.name))
        self.state = "solved"
        return True
