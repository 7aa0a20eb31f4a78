from odoo.tests import HttpCase, JsonRpcException, tagged
from odoo.tools import mute_logger

from .common import CompanyFixture


@tagged("-at_install", "post_install")
class TestHttp(CompanyFixture, HttpCase):
    """What a browser or an integration does, without a browser: none is in the image."""

    def _call(self, method, *args, **kwargs):
        route = f"/web/dataset/call_kw/traction.issue/{method}"
        params = {"model": "traction.issue", "method": method, "args": args, "kwargs": kwargs}
        return self.make_jsonrpc_request(route, params)

    def _sign_in(self, user):
        user.password = user.login
        self.authenticate(user.login, user.login)

    def test_the_owner_escalates_over_the_wire(self):
        issue = self._new("issue")
        self._sign_in(self.ann)
        self._call("action_escalate", issue.ids, reason="Too big for us.")
        issue.invalidate_recordset()
        self.assertEqual(issue.owner_id, self.head)
        self.assertIn("Too big for us.", "".join(issue.message_ids.mapped("body")))

    def test_a_user_is_served_only_what_is_visible(self):
        seen, hidden = self._new("issue"), self._new("issue", owner_id=self.boss.id, group_id=self.board.id)
        self._sign_in(self.ben)
        rows = self._call("search_read", [("id", "in", (seen | hidden).ids)], ["name"])
        self.assertEqual([row["id"] for row in rows], seen.ids)

    def test_an_outsider_is_refused(self):
        issue = self._new("issue")
        self._sign_in(self.outsider)
        with self.assertRaisesRegex(JsonRpcException, "AccessError"), mute_logger("odoo.http"):
            self._call("action_escalate", issue.ids)

    def test_without_signing_in_nothing_is_served(self):
        with self.assertRaisesRegex(JsonRpcException, "SessionExpired"), mute_logger("odoo.http"):
            self._call("search_read", [], ["name"])
