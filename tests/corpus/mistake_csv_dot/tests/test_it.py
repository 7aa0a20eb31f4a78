from odoo.tests import TransactionCase


class TestIt(TransactionCase):
    def test_it(self):
        pass
