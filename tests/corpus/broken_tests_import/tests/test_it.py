import no_such_library

from odoo.tests import TransactionCase


class TestIt(TransactionCase):
    def test_it(self):
        self.assertTrue(no_such_library)
