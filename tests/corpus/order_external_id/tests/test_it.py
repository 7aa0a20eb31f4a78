from odoo.tests import TransactionCase


class TestLayout(TransactionCase):
    """The record is in a prepared database, and not yet in a fresh one."""

    def test_layout(self):
        self.assertTrue(self.env.ref("web.layout"))
