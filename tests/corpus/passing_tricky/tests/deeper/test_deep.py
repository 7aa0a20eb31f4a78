from odoo.tests import TransactionCase


class TestDeep(TransactionCase):
    def test_deep(self):
        self.assertTrue(self.env.uid)
