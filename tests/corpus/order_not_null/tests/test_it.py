from odoo.tests import TransactionCase


class TestNotNull(TransactionCase):
    """On a fresh database the user was made before `mail` added a column that may not be empty, and filled it."""

    def test_notifications(self):
        self.assertEqual(self.env.ref("order_user.rock").notification_type, "email")
