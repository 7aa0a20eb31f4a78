from odoo.tests import TransactionCase


def made(language):
    class TestMade(TransactionCase):
        @classmethod
        def tearDownClass(cls):
            super().tearDownClass()
            raise ValueError(f"cannot tidy up {language}")

        def test_language(self):
            self.assertTrue(self.env["res.lang"]._lang_get(language))

    return TestMade


TestMade = made("en_US")
