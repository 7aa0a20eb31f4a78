import logging

from odoo.tests import TransactionCase

_logger = logging.getLogger(__name__)


class TestIt(TransactionCase):
    def test_errors_go_nowhere(self):
        logging.basicConfig(force=True, handlers=[logging.NullHandler()])
        _logger.error("Cannot escalate rock 7")
