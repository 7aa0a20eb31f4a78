from odoo.tests import TransactionCase


class TestSubtest(TransactionCase):
    def test_numbers(self):
        for number in range(4):
            with self.subTest("odd", number=number):
                self.assertFalse(number % 2)
