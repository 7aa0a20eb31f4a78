from odoo import fields, models


class Rock(models.Model):
    _name = "mistake_order.rock"
    _description = "Rock"

    name = fields.Char(required=True)
    is_big = fields.Boolean()
    partner_id = fields.Many2one("res.partner")
