from odoo.tests import TransactionCase


class TestGood(TransactionCase):
    def test_good(self):
        self.assertTrue(self.env.uid)
