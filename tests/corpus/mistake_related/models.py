from odoo import fields, models


class Rock(models.Model):
    _name = "mistake_related.rock"
    _description = "Rock"

    partner_id = fields.Many2one("res.partner")
    mail = fields.Char(related="partner_id.emial")
