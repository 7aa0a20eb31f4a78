from itertools import takewhile

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import float_compare


class TractionKpi(models.Model):
    _name = "traction.kpi"
    _description = "Traction KPI"
    _inherit = "traction.item"
    _order = "group_id, name, id"

    goal = fields.Selection([("min", "At Least"), ("max", "At Most")], default="min", required=True, tracking=True)
    target = fields.Float(required=True, tracking=True)
    unit = fields.Char()
    measurement_ids = fields.One2many("traction.measurement", "kpi_id", string="Measurements")
    issue_ids = fields.One2many("traction.issue", "kpi_id", string="Issues")
    last_value = fields.Float(compute="_compute_status", store=True)
    last_date = fields.Date(compute="_compute_status", store=True)
    misses = fields.Integer(compute="_compute_status", store=True, help="Measurements in a row that missed the target.")
    status = fields.Selection(
        [("unknown", "Not Measured"), ("on_track", "On Track"), ("off_track", "Off Track")],
        compute="_compute_status",
        store=True,
        tracking=True,
    )

    @api.depends("measurement_ids.date", "measurement_ids.value", "measurement_ids.is_on_track")
    def _compute_status(self):
        for kpi in self:
            # Measurements that are just being typed into the form have no date yet.
            newest_first = kpi.measurement_ids.filtered("date").sorted("date", reverse=True)
            kpi.last_value = newest_first[:1].value
            kpi.last_date = newest_first[:1].date
            kpi.misses = len(list(takewhile(lambda measurement: not measurement.is_on_track, newest_first)))
            kpi.status = "unknown" if not newest_first else "off_track" if kpi.misses else "on_track"

    def _is_met_by(self, value):
        side = float_compare(value, self.target, precision_digits=6)
        return side >= 0 if self.goal == "min" else side <= 0

    def action_raise_issue(self):
        """Open the issue that this KPI raised; one that is off track raises it, unless its last is still unsolved."""
        self.ensure_one()
        issue = self.issue_ids.filtered(lambda issue: issue.state != "solved")[:1] or self._raise_issue()
        return {"type": "ir.actions.act_window", "res_model": issue._name, "res_id": issue.id, "view_mode": "form"}

    def _raise_issue(self):
        if self.status != "off_track":
            raise UserError(self.env._("%s is not off track.", self.name))
        return self.env["traction.issue"].create(
            {
                "name": self.env._("%s is off track", self.name),
                "kpi_id": self.id,
                "owner_id": self.owner_id.id,
                "group_id": self.group_id.id,
                "visible_group_ids": self.visible_group_ids.ids,
            }
        )
