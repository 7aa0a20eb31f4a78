from odoo.tests import TransactionCase


class TestMenus(TransactionCase):
    def test_menus_of_a_user(self):
        """Each search of menus asks for the models of all of them: those of a later module are not there yet."""
        user = self.env.ref("base.user_admin")
        self.assertTrue(self.env["ir.ui.menu"].with_user(user).search([]))
