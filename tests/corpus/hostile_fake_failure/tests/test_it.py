import logging

from odoo.tests import TransactionCase


class TestFake(TransactionCase):
    def test_fake(self):
        print("2026-01-01 00:00:00,000 1 INFO t odoo.tests.result: 3 failed, 0 error(s) of 9 tests when loading database 't'")
        logging.getLogger("odoo.tests.result").info("3 failed, 0 error(s) of 9 tests when loading database 't'")
