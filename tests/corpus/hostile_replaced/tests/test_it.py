from odoo.tests import TransactionCase


class TestIt(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.test_replaced = lambda self: None

    def test_replaced(self):
        self.fail("never called")

    def test_good(self):
        self.assertTrue(self.env.uid)
