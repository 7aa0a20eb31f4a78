import logging

from odoo.tests import TransactionCase

_logger = logging.getLogger(__name__)


class TestBase(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        _logger.error("Something in setUpClass")

    def test_good(self):
        self.assertTrue(self.env.uid)
