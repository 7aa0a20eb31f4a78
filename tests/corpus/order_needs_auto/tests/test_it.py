from odoo.tests import TransactionCase


class TestAlong(TransactionCase):
    """Both are installed along with `web`: `base_import` at this module's depth and before it by name, `iap` deeper."""

    def test_before(self):
        self.assertIn("base_import.import", self.env)

    def test_after(self):
        self.assertEqual(self.env["iap.account"]._name, "iap.account")
