from odoo import fields, models


class Rock(models.Model):
    _name = "mistake_comodel.rock"
    _description = "Rock"

    name = fields.Char()
    partner_id = fields.Many2one("res.partnr")
