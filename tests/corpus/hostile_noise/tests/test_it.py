import logging

from odoo.tests import TransactionCase

_logger = logging.getLogger(__name__)


class TestNoise(TransactionCase):
    def test_noise(self):
        for _ in range(50):
            _logger.warning("x" * 1_000_000)
        _logger.error("the one that matters")
