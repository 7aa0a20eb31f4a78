from odoo.tests import HttpCase, tagged


@tagged("-at_install", "post_install")
class TestRocks(HttpCase):
    def test_rocks(self):
        print("asking for", "the rocks")
        self.assertEqual(self.url_open("/failing_http/rocks").status_code, 200)
