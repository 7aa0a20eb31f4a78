from odoo.tests import TransactionCase


class TestShout(TransactionCase):
    def test_shout(self):
        partner = self.env["res.partner"].create({"name": "rock"})
        self.assertEqual(partner.shout, "ROCK")

    def test_all_have_one(self):
        """The partners of base and of its demo data were computed when the column was made."""
        self.env.cr.execute("SELECT count(*) FROM res_partner WHERE name IS NOT NULL AND shout IS NULL")
        self.assertEqual(self.env.cr.fetchone(), (0,))
