import unittest

from odoo.tests import TransactionCase, tagged


class TestAtInstall(TransactionCase):
    def test_truth(self):
        self.assertTrue(self.env["res.users"].search_count([]))

    def test_subtests(self):
        for number in range(3):
            with self.subTest(number=number):
                self.assertLess(number, 3)

    @unittest.skip("not today")
    def test_skipped(self):
        self.fail("never")


@tagged("-at_install", "post_install")
class TestPostInstall(TransactionCase):
    def test_truth(self):
        self.assertTrue(self.env.registry.ready)


@tagged("nightly", "-standard")
class TestNightly(TransactionCase):
    def test_long(self):
        self.fail("it is not night")
