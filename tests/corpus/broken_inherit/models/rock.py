from odoo import fields, models


class Partner(models.Model):
    _inherit = "res.patner"

    rock = fields.Char()
