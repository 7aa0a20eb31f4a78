from odoo import Command, api, fields, models
from odoo.exceptions import UserError


class TractionItem(models.AbstractModel):
    """What rocks, issues, to-dos and KPIs share: who owns it, who sees it, and how it moves between the groups."""

    _name = "traction.item"
    _description = "Traction Item"
    _inherit = ("mail.thread", "mail.activity.mixin")
    # Whoever sees an item may discuss it.
    _mail_post_access = "read"

    name = fields.Char(required=True, tracking=True)
    active = fields.Boolean(default=True)
    description = fields.Html()
    owner_id = fields.Many2one(
        "res.users",
        required=True,
        index=True,
        tracking=True,
        default=lambda self: self.env.user,
        domain=[("share", "=", False)],
    )
    group_id = fields.Many2one(
        "traction.group",
        required=True,
        index=True,
        tracking=True,
        ondelete="restrict",
        default=lambda self: self._default_group(),
    )
    visible_group_ids = fields.Many2many("traction.group", string="Also Visible To", tracking=True)
    reader_ids = fields.Many2many(
        "res.users",
        compute="_compute_reader_ids",
        search="_search_reader_ids",
        compute_sudo=True,
    )
    escalation_count = fields.Integer(string="Escalations", readonly=True, copy=False)

    def _default_group(self):
        return self.env["traction.group"].search([("member_ids", "in", [self.env.uid])], limit=1)

    @api.depends("owner_id", "group_id.member_ids", "visible_group_ids.member_ids")
    def _compute_reader_ids(self):
        for item in self:
            item.reader_ids = item.owner_id | (item.group_id | item.visible_group_ids).member_ids

    def _search_reader_ids(self, operator, value):
        if operator not in ("in", "="):
            raise NotImplementedError(f"Readers are searched with 'in' or '=', not with {operator!r}")
        paths = ("owner_id", "group_id.member_ids", "visible_group_ids.member_ids")
        return ["|", "|", *((path, operator, value) for path in paths)]

    def action_escalate(self, owner_id=None, reason=None):
        """Hand over to user `owner_id`; without one to the lead of the parent group, which takes the item up."""
        for item in self:
            if owner_id:
                item._hand_over(self.env["res.users"].browse(owner_id), item.group_id, reason)
            else:
                group = item._group_to_escalate_to()
                item._hand_over(group.lead_id, group, reason)
        return True

    def _group_to_escalate_to(self):
        """The parent group; further up where the owner leads that one too, as nobody escalates to themselves."""
        group = self.group_id.parent_id
        while group and group.lead_id == self.owner_id:
            group = group.parent_id
        if not group:
            raise UserError(self.env._("No group above %s has another lead: name the new owner.", self.group_id.name))
        if not group.lead_id:
            raise UserError(self.env._("%s has no lead: name the new owner.", group.name))
        return group

    def _hand_over(self, owner, group, reason):
        self._check_new_owner(owner)
        self._record_escalation(owner, reason)
        self.write(
            {
                "owner_id": owner.id,
                "group_id": group.id,
                # The group that it came from goes on seeing it.
                "visible_group_ids": [Command.link(self.group_id.id)],
                "escalation_count": self.escalation_count + 1,
            }
        )

    def _check_new_owner(self, owner):
        if owner == self.owner_id:
            raise UserError(self.env._("%(user)s owns %(item)s already.", user=owner.name, item=self.name))
        if not owner.has_group("traction.group_user"):
            raise UserError(self.env._("%s has no access to Traction.", owner.name))

    def _record_escalation(self, owner, reason):
        """Comes before the change: the old owner may not subscribe anyone any more once the item is another's."""
        self.check_access("write")
        former, new = self.owner_id, owner
        self.message_subscribe((former | new).partner_id.ids)
        body = self.env._("Escalated from %(former)s to %(new)s.", former=former.name, new=new.name)
        self.message_post(body=f"{body} {reason or ''}".strip(), partner_ids=new.partner_id.ids)

    def action_cascade(self):
        """Show each item to the groups one level below those that see it already."""
        for item in self:
            seeing = item.group_id | item.visible_group_ids
            below = seeing.child_ids - seeing
            if not below:
                raise UserError(self.env._("No group below sees less than all of %s.", item.name))
            item.visible_group_ids = [Command.link(group.id) for group in below]
            item.message_post(body=self.env._("Cascaded to %s.", ", ".join(below.mapped("name"))))
        return True
