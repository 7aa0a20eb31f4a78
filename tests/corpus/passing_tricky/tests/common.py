from odoo.tests import TransactionCase


class Common(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.partner = cls.env["res.partner"].create({"name": "Common"})


class Shared:
    """Its tests run in each class that inherits them and says so."""

    def test_shared(self):
        self.assertTrue(self.number)

    def test_overridden(self):
        self.assertTrue(self.number)
