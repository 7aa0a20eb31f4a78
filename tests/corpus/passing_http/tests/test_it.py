from odoo.tests import HttpCase, tagged


@tagged("-at_install", "post_install")
class TestPing(HttpCase):
    def test_ping(self):
        self.assertEqual(self.url_open("/passing_http/ping").text, "pong")
