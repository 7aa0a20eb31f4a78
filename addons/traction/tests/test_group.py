from odoo import Command
from odoo.exceptions import UserError
from odoo.tools import mute_logger
from psycopg2 import IntegrityError

from .common import CompanyCase


class TestGroup(CompanyCase):
    def test_complete_name_is_the_path_from_the_top(self):
        self.assertEqual(self.crew.complete_name, "Board / Department / Team / Crew")

    def test_complete_name_follows_when_a_parent_is_renamed(self):
        self.board.name = "Council"
        self.assertEqual(self.team.complete_name, "Council / Department / Team")

    def test_a_group_cannot_lie_below_itself(self):
        with self.assertRaises(UserError):
            self.board.parent_id = self.crew

    def test_the_lead_becomes_a_member(self):
        self.assertIn(self.head, self.department.member_ids)

    def test_the_lead_stays_a_member_when_the_members_are_replaced(self):
        self.department.member_ids = [Command.set(self.ben.ids)]
        self.assertEqual(self.department.member_ids, self.ben | self.head)

    def test_a_new_lead_becomes_a_member(self):
        self.team.lead_id = self.cleo
        self.assertIn(self.cleo, self.team.member_ids)

    def test_counts_leave_out_what_the_user_may_not_see(self):
        self._new("rock")
        self.assertEqual(self.team.with_user(self.ben).rock_count, 1)
        self.assertEqual(self.team.with_user(self.outsider).rock_count, 0)

    def test_a_group_that_owns_an_item_cannot_be_deleted(self):
        self._new("issue", group_id=self.crew.id)
        with self.assertRaises(IntegrityError), mute_logger("odoo.sql_db"), self.cr.savepoint():
            self.crew.unlink()
