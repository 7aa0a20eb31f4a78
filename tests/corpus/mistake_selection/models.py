from odoo import fields, models


class Rock(models.Model):
    _name = "mistake_selection.rock"
    _description = "Rock"

    name = fields.Char()
    state = fields.Selection([("new", "New"), ("done", "Done")])
