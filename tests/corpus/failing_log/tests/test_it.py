import logging

from odoo.tests import TransactionCase

_logger = logging.getLogger("odoo.addons.failing_log.models.rock")


class TestLog(TransactionCase):
    def test_logs(self):
        try:
            raise ValueError("no such rock")
        except ValueError:
            _logger.exception("Cannot escalate rock %s", 7)
