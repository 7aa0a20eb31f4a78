import logging

from odoo.http import Controller, request, route

_logger = logging.getLogger(__name__)


class Rocks(Controller):
    @route("/failing_http/rocks", type="http", auth="public")
    def rocks(self):
        _logger.info("Weighing the rocks")
        return request.make_response(self._weight(0))

    def _weight(self, number):
        return str(1 / number)
