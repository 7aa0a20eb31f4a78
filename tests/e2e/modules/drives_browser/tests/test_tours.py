from odoo.tests import HttpCase, tagged


@tagged("post_install", "-at_install")
class TestPassing(HttpCase):
    def test_tour(self):
        self.start_tour("/odoo", "drives_browser_passing", login="admin")

    def test_javascript(self):
        self.browser_js("/odoo", "console.log('test successful')", login="admin")


@tagged("post_install", "-at_install")
class TestFailing(HttpCase):
    def test_tour(self):
        self.start_tour("/odoo", "drives_browser_failing", login="admin", timeout=30)
