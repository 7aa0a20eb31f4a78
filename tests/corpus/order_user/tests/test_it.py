from odoo.tests import TransactionCase


class TestUser(TransactionCase):
    def test_user(self):
        self.assertEqual(self.env.ref("order_user.rock").login, "order_user_rock")
