from odoo import fields, models


class Rock(models.Model):
    _name = "passing_warnings.rock"
    _description = "Rock without access rules"

    name = fields.Char(colour="grey")
