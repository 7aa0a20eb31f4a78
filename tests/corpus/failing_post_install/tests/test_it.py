from odoo.tests import TransactionCase, tagged


@tagged("-at_install", "post_install")
class TestPostInstall(TransactionCase):
    def test_after(self):
        self.assertEqual(self.env.user.name, "Nobody")
