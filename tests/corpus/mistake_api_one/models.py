from odoo import api, fields, models


class Rock(models.Model):
    _name = "mistake_api_one.rock"
    _description = "Rock"

    minutes = fields.Integer()

    @api.one
    def action_double(self):
        self.minutes *= 2
