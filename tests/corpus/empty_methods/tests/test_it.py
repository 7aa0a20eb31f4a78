import unittest

from odoo.tests import TransactionCase, tagged

from .common import Common


class TestPlain(unittest.TestCase):
    def test_plain(self):
        self.fail("Odoo runs its own test cases only")


class Mixin:
    def test_in_mixin(self):
        self.fail("Odoo takes no inherited test")


class TestIt(Mixin, Common):
    def test_twice(self):
        self.fail("the second one takes its name")

    def test_twice(self):  # noqa: F811
        self.assertTrue(self.env.uid)


@tagged("-at_install")
class TestNowhere(TransactionCase):
    def test_nowhere(self):
        self.fail("neither at_install nor post_install")
