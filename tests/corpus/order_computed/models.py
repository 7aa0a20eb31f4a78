from odoo import api, fields, models


class Partner(models.Model):
    _inherit = "res.partner"

    shout = fields.Char(compute="_compute_shout", store=True)

    @api.depends("name")
    def _compute_shout(self):
        for partner in self:
            partner.shout = (partner.name or "").upper()
