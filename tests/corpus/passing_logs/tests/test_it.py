import logging

from odoo.tests import TransactionCase
from odoo.tools import mute_logger

_logger = logging.getLogger(__name__)


class TestLogs(TransactionCase):
    def test_expected(self):
        with self.assertLogs(_logger, "ERROR"):
            _logger.error("expected")

    @mute_logger(__name__)
    def test_muted(self):
        _logger.critical("muted")

    def test_warning(self):
        _logger.warning("a warning is no error")
