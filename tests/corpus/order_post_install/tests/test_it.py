from odoo.tests import Form, TransactionCase, tagged


@tagged("-at_install", "post_install")
class TestForm(TransactionCase):
    """All that Odoo installs along is there by now."""

    def test_form(self):
        with Form(self.env["res.partner"]) as form:
            form.name = "Rock"
        self.assertIn("base_import.import", self.env)
