from odoo import http


class Ping(http.Controller):
    @http.route("/passing_http/ping", auth="none", type="http")
    def ping(self):
        return "pong"
