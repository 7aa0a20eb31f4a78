from odoo import api, fields, models


class TractionCommitment(models.AbstractModel):
    """An item that is promised for a day: a rock or a to-do."""

    _name = "traction.commitment"
    _description = "Traction Commitment"
    _inherit = "traction.item"
    _order = "due_date, id"
    _closed_states = ("done",)

    state = fields.Selection(
        lambda self: self._selection_state(),
        default=lambda self: self._selection_state()[0][0],
        required=True,
        tracking=True,
    )
    due_date = fields.Date(required=True, tracking=True, default=lambda self: self._default_due_date())
    is_overdue = fields.Boolean(compute="_compute_is_overdue")

    @api.model
    def _selection_state(self):
        return [("open", self.env._("Open")), ("done", self.env._("Done"))]

    def _default_due_date(self):
        return fields.Date.context_today(self)

    @api.depends_context("tz")
    @api.depends("state", "due_date")
    def _compute_is_overdue(self):
        today = fields.Date.context_today(self)
        for item in self:
            is_open = item.state not in self._closed_states
            item.is_overdue = is_open and bool(item.due_date) and item.due_date < today

    def action_done(self):
        self.state = "done"
        return True
