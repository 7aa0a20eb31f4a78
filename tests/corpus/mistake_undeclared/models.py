from odoo import fields, models


class Rock(models.Model):
    _name = "mistake_undeclared.rock"
    _description = "Rock"
    _inherit = ["mail.thread"]

    name = fields.Char()
