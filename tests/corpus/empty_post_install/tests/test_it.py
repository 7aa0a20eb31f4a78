from odoo.tests import TransactionCase, tagged


class TestBefore(TransactionCase):
    def test_before(self):
        self.assertTrue(self.env.uid)


@tagged("post_install", "-at_install")
class TestAfter(TransactionCase):
    def test_after(self):
        self.fail("Odoo never comes here: its registry was loaded anew")
