from odoo import fields, models


class Rock(models.Model):
    _name = "broken_group.rock"
    _description = "Rock"

    name = fields.Char()
    minutes = fields.Integer()

    def action_escalate(self):
        return True
