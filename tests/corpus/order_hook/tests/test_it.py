from odoo.tests import TransactionCase


class TestHook(TransactionCase):
    def test_hook(self):
        self.assertEqual(self.env["ir.config_parameter"].sudo().get_param("order_hook.models"), "without web")
