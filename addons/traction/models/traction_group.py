from odoo import Command, api, fields, models


class TractionGroup(models.Model):
    _name = "traction.group"
    _description = "Traction Group"
    _parent_store = True
    _rec_name = "complete_name"
    _order = "complete_name, id"

    name = fields.Char(required=True)
    complete_name = fields.Char(compute="_compute_complete_name", recursive=True, store=True)
    active = fields.Boolean(default=True)
    purpose = fields.Text()
    parent_id = fields.Many2one("traction.group", string="Parent Group", ondelete="restrict", index=True)
    parent_path = fields.Char(index=True)
    child_ids = fields.One2many("traction.group", "parent_id", string="Child Groups")
    lead_id = fields.Many2one("res.users", domain=[("share", "=", False)])
    member_ids = fields.Many2many("res.users", string="Members", domain=[("share", "=", False)])
    rock_count = fields.Integer(compute="_compute_counts")
    todo_count = fields.Integer(string="To-Do Count", compute="_compute_counts")
    issue_count = fields.Integer(compute="_compute_counts")
    kpi_count = fields.Integer(string="KPI Count", compute="_compute_counts")

    @api.depends("name", "parent_id.complete_name")
    def _compute_complete_name(self):
        for group in self:
            names = (group.parent_id.complete_name, group.name)
            group.complete_name = " / ".join(name for name in names if name)

    @api.depends_context("uid")
    def _compute_counts(self):
        for kind in ("rock", "todo", "issue", "kpi"):
            rows = self.env[f"traction.{kind}"]._read_group([("group_id", "in", self.ids)], ["group_id"], ["__count"])
            counts = dict(rows)
            for group in self:
                group[f"{kind}_count"] = counts.get(group._origin, 0)

    @api.model_create_multi
    def create(self, vals_list):
        groups = super().create(vals_list)
        groups._enlist_leads()
        return groups

    def write(self, vals):
        written = super().write(vals)
        if "lead_id" in vals or "member_ids" in vals:
            self._enlist_leads()
        return written

    def _enlist_leads(self):
        """Visibility asks for members only, so whoever leads a group is one of them."""
        for group in self:
            if group.lead_id - group.member_ids:
                group.member_ids = [Command.link(group.lead_id.id)]
