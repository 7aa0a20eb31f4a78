from odoo.exceptions import AccessError, UserError

from .common import KINDS, CompanyCase


class TestEscalate(CompanyCase):
    def test_every_kind_goes_to_the_lead_of_the_parent_group(self):
        for kind in KINDS:
            with self.subTest(kind=kind):
                item = self._new(kind)
                item.with_user(self.ann).action_escalate()
                self.assertEqual((item.owner_id, item.group_id), (self.head, self.department))

    def test_the_group_it_came_from_goes_on_seeing_it(self):
        rock = self._new("rock")
        rock.with_user(self.ann).action_escalate()
        self.assertEqual(rock.visible_group_ids, self.team)
        self.assertIn(self.ben, rock.reader_ids)

    def test_a_second_escalation_goes_one_level_further_up(self):
        issue = self._new("issue")
        issue.with_user(self.ann).action_escalate()
        issue.with_user(self.head).action_escalate()
        self.assertEqual((issue.owner_id, issue.group_id), (self.boss, self.board))
        self.assertEqual(issue.escalation_count, 2)

    def test_the_chatter_tells_who_handed_it_to_whom_and_why(self):
        issue = self._new("issue")
        issue.with_user(self.ann).action_escalate(reason="Beyond <my> budget.")
        body = issue.message_ids[0].body
        self.assertIn("Escalated from Ann to Head. Beyond &lt;my&gt; budget.", body)
        self.assertEqual(issue.message_ids[0].author_id, self.ann.partner_id)

    def test_former_and_new_owner_follow_it(self):
        todo = self._new("todo")
        todo.with_user(self.ann).action_escalate()
        self.assertLessEqual((self.ann | self.head).partner_id, todo.message_partner_ids)

    def test_a_named_owner_takes_it_within_the_same_group(self):
        todo = self._new("todo")
        todo.with_user(self.ann).action_escalate(owner_id=self.ben.id)
        self.assertEqual((todo.owner_id, todo.group_id), (self.ben, self.team))

    def test_a_named_owner_makes_up_for_a_missing_parent_group(self):
        rock = self._new("rock", owner_id=self.boss.id, group_id=self.board.id)
        rock.with_user(self.boss).action_escalate(owner_id=self.head.id)
        self.assertEqual(rock.owner_id, self.head)

    def test_the_top_group_has_nobody_to_escalate_to(self):
        rock = self._new("rock", group_id=self.board.id)
        with self.assertRaisesRegex(UserError, "No group above Board"):
            rock.action_escalate()

    def test_who_leads_the_parent_group_escalates_further_up(self):
        rock = self._new("rock", owner_id=self.head.id)
        rock.with_user(self.head).action_escalate()
        self.assertEqual((rock.owner_id, rock.group_id), (self.boss, self.board))

    def test_a_parent_group_without_a_lead_is_named(self):
        rock = self._new("rock", group_id=self.crew.id)
        with self.assertRaisesRegex(UserError, "Team has no lead"):
            rock.action_escalate()

    def test_nobody_escalates_to_the_present_owner(self):
        with self.assertRaisesRegex(UserError, "Ann owns A rock already"):
            self._new("rock").action_escalate(owner_id=self.ann.id)

    def test_an_owner_without_access_is_refused(self):
        stranger = self._new_users("Stranger", groups="base.group_user")
        with self.assertRaisesRegex(UserError, "Stranger has no access to Traction"):
            self._new("rock").action_escalate(owner_id=stranger.id)

    def test_only_the_owner_or_a_lead_escalates(self):
        issue = self._new("issue")
        with self.assertRaises(AccessError):
            issue.with_user(self.ben).action_escalate()
        self.assertFalse(issue.escalation_count)
