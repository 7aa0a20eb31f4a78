import logging

from odoo.tests import TransactionCase

_logger = logging.getLogger("odoo.addons.passing_warnings.models.rock")


class TestWarnings(TransactionCase):
    def test_warns(self):
        _logger.warning("Rock %s is heavy", 7)
