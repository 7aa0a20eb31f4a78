from odoo.tests import TransactionCase


class TestSetUpClass(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["no.such.model"].create({})

    def test_never_reached(self):
        self.assertTrue(self.env.uid)

    def test_never_reached_either(self):
        self.assertTrue(self.env.uid)


class TestTearDownClass(TransactionCase):
    @classmethod
    def tearDownClass(cls):
        super().tearDownClass()
        raise ValueError("cannot tidy up")

    def test_reached(self):
        self.assertTrue(self.env.uid)
