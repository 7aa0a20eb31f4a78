from odoo import api, fields, models
from odoo.exceptions import ValidationError


class TractionMeasurement(models.Model):
    _name = "traction.measurement"
    _description = "Traction Measurement"
    _rec_name = "date"
    _order = "date desc, id desc"

    kpi_id = fields.Many2one("traction.kpi", string="KPI", required=True, ondelete="cascade", index=True)
    date = fields.Date(required=True, default=fields.Date.context_today)
    value = fields.Float(required=True, aggregator="avg")
    note = fields.Char()
    is_on_track = fields.Boolean(string="On Track", compute="_compute_is_on_track", store=True)

    @api.depends("value", "kpi_id.target", "kpi_id.goal")
    def _compute_is_on_track(self):
        for measurement in self:
            measurement.is_on_track = measurement.kpi_id._is_met_by(measurement.value)

    @api.constrains("kpi_id", "date")
    def _check_date(self):
        today = fields.Date.context_today(self)
        for measurement in self:
            if measurement.date > today:
                raise ValidationError(self.env._("The future (%s) cannot be measured.", measurement.date))
            same_day = [("kpi_id", "=", measurement.kpi_id.id), ("date", "=", measurement.date)]
            if self.search_count(same_day) > 1:
                raise ValidationError(
                    self.env._("%(kpi)s was measured on %(date)s.", kpi=measurement.kpi_id.name, date=measurement.date)
                )
