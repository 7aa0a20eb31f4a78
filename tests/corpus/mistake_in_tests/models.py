from odoo import api, fields, models


class Rock(models.Model):
    _name = "mistake_in_tests.rock"
    _description = "Rock"

    name = fields.Char(required=True)
    minutes = fields.Integer()
    hours = fields.Float(compute="_compute_hours")
    state = fields.Selection([("new", "New"), ("done", "Done")], default="nwe")

    @api.depends("minutes")
    def _compute_hours(self):
        for rock in self:
            if rock.minutes:
                rock.hours = rock.minutes / 60

    def action_done(self):
        self.minutes = 2 * self.minutes


class Pebble(models.Model):
    _name = "mistake_in_tests.pebble"
    _description = "Pebble"

    name = fields.Char()
    weight = fields.Float()

    @api.model_create_multi
    def create(self, vals_list):
        super().create(vals_list)


class Stone(models.Model):
    _name = "mistake_in_tests.stone"
    _description = "Stone"

    name = fields.Char(required=True)
    weight = fields.Float()

    def write(self, vals):
        self.weight = 1.0
        return super().write(vals)
