from odoo.tests import Form, TransactionCase


class TestForm(TransactionCase):
    """`onchange`, on which a Form relies, lives in `web`, which Odoo installs along, and after this module."""

    def test_form(self):
        with Form(self.env["res.partner"]) as form:
            form.name = "Rock"
        self.assertEqual(form.record.name, "Rock")

    def test_without_form(self):
        self.assertEqual(self.env["res.partner"].create({"name": "Rock"}).name, "Rock")
