from odoo import api, fields, models


class Rock(models.Model):
    _name = "broken_depends.rock"
    _description = "Rock"

    minutes = fields.Integer()
    hours = fields.Float(compute="_compute_hours")

    @api.depends("minuts")
    def _compute_hours(self):
        for rock in self:
            rock.hours = rock.minutes / 60
