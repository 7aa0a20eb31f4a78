from odoo.tests import TransactionCase


class TestOne(TransactionCase):
    def test_one(self):
        self.assertTrue(self.env.uid)
