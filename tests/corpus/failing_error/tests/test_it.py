from odoo.tests import TransactionCase


class TestError(TransactionCase):
    def setUp(self):
        super().setUp()
        self.values = {}

    def test_error(self):
        self.assertTrue(self.values["missing"])
