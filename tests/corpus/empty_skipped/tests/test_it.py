import unittest

from odoo.tests import TransactionCase


@unittest.skip("until the model is there")
class TestSkipped(TransactionCase):
    def test_one(self):
        self.fail("never")

    def test_two(self):
        self.fail("never")
