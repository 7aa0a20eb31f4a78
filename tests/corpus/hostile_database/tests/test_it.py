from odoo.tests import TransactionCase


class TestDatabase(TransactionCase):
    def test_cut_off(self):
        others = "FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        self.env.cr.execute(f"SELECT pg_terminate_backend(pid) {others}")
        self.env.cr.execute("SELECT pg_terminate_backend(pg_backend_pid())")  # last: who is gone ends nobody else

    def test_next(self):
        self.assertTrue(self.env["res.users"].search_count([]))
