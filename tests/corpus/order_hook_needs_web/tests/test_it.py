from odoo.tests import TransactionCase


class TestNever(TransactionCase):
    def test_never(self):
        self.fail("The hook cannot succeed on a fresh database.")
