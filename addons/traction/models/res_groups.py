from odoo import Command, api, models


class ResGroups(models.Model):
    _inherit = "res.groups"

    @api.model
    def _traction_offer_on_user_form(self):
        """Put the access groups where the user form shows them: in a category up to 18.0, in a privilege since 19.0."""
        groups = self.env.ref("traction.group_user") | self.env.ref("traction.group_manager")
        category = self.env.ref("traction.module_category_traction")
        if "privilege_id" not in self._fields:
            groups.category_id = category
            return
        values = {"name": category.name, "category_id": category.id}
        privilege = {"xml_id": "traction.privilege_traction", "values": values, "noupdate": True}
        groups.privilege_id = self.env["res.groups.privilege"]._load_records([privilege])

    @api.model
    def _traction_admit(self, user_id):
        """Make someone a Traction user: `users` was renamed to `user_ids` in 19.0."""
        members = "user_ids" if "user_ids" in self._fields else "users"
        self.env.ref("traction.group_user").write({members: [Command.link(user_id)]})
