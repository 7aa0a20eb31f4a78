from odoo.tests import TransactionCase


class TestFailing(TransactionCase):
    def test_assert(self):
        self.assertEqual(1, 2, "one is not two")

    def test_good(self):
        self.assertTrue(self.env.uid)
