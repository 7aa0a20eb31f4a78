from odoo import fields, models


class Rock(models.Model):
    _name = "mistake_inverse.rock"
    _description = "Rock"

    line_ids = fields.One2many("mistake_inverse.line", "rok_id")


class Line(models.Model):
    _name = "mistake_inverse.line"
    _description = "Line"

    rock_id = fields.Many2one("mistake_inverse.rock")
