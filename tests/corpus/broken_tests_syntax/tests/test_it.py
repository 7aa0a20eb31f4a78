from odoo.tests import TransactionCase


class TestIt(TransactionCase):
    def test_it(self)
        self.assertTrue(1)
