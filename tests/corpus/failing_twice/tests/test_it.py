from odoo.tests import TransactionCase, tagged


@tagged("post_install")
class TestTwice(TransactionCase):
    """Without -at_install it runs at both positions."""

    def test_fails_at_first(self):
        registry = self.env.registry
        first, registry.seen_before = not hasattr(registry, "seen_before"), True
        self.assertFalse(first)
