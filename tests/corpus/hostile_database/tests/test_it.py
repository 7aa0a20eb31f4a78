from odoo.tests import TransactionCase


class TestDatabase(TransactionCase):
    def test_cut_off(self):
        self.env.cr.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()")

    def test_next(self):
        self.assertTrue(self.env["res.users"].search_count([]))
