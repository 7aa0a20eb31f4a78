import cachetools

from odoo.tests import TransactionCase


class TestIt(TransactionCase):
    def test_it(self):
        self.assertEqual(cachetools.LRUCache(maxsize=1).maxsize, 1)
