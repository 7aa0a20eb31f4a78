import sys
import unittest
from unittest.mock import patch

from odoo.tests import TransactionCase, tagged
from odoo.tests.common import users
from odoo.tools import mute_logger

from .common import Common, Shared


def numbered(cls):
    for number in (1, 2):
        setattr(cls, f"test_number_{number}", lambda self, number=number: self.assertTrue(number))
    return cls


@numbered
class TestGenerated(Common):
    pass


class TestDecorated(Common):
    @users("admin")
    def test_user(self):
        self.assertEqual(self.env.user.login, "admin")

    @mute_logger("odoo.sql_db")
    @patch("time.time", return_value=1.0)
    def test_patched(self, _time):
        self.assertTrue(self.partner)

    test_alias = test_user

    def test_one_subtest_is_skipped(self):
        for number in (1, 2):
            with self.subTest(number=number):
                if number == 1:
                    self.skipTest("no such thing here")
                self.assertTrue(self.partner)

    def helper(self):
        """No test."""

    @property
    def test_data(self):
        return [1]


class TestShared(Shared, TransactionCase):
    allow_inherited_tests_method = True
    number = 1

    def test_overridden(self):
        super().test_overridden()


if sys.version_info < (3,):

    class TestNever(Common):
        def test_never(self):
            self.fail("not on this Python")


if sys.version_info >= (3,):

    class TestAlways(Common):
        def test_always(self):
            self.assertTrue(self.partner)


@unittest.skip("the whole class")
class TestSkippedClass(Common):
    def test_skipped(self):
        self.fail("never")


class TestSkippedBySetUp(Common):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        raise unittest.SkipTest("no such thing here")

    def test_skipped_too(self):
        self.fail("never")


@tagged("nightly", "-standard")
class TestNightly(Common):
    def test_long(self):
        self.fail("it is not night")
