from odoo import fields, models


class Rock(models.Model):
    _name = "broken_acl.rock"
    _description = "Rock"

    name = fields.Char()
