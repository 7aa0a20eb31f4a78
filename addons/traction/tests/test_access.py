from odoo.exceptions import AccessError

from .common import KINDS, CompanyCase


class TestAccess(CompanyCase):
    def _seen_by(self, user, item):
        return item.with_user(user).search([("id", "=", item.id)])

    def test_members_of_the_group_see_every_kind_and_others_none(self):
        for kind in KINDS:
            with self.subTest(kind=kind):
                item = self._new(kind)
                self.assertTrue(self._seen_by(self.ben, item))
                self.assertFalse(self._seen_by(self.outsider, item))

    def test_the_owner_sees_it_in_a_group_of_others(self):
        self.assertTrue(self._seen_by(self.ann, self._new("issue", group_id=self.board.id)))

    def test_the_parent_group_does_not_see_it_by_itself(self):
        self.assertFalse(self._seen_by(self.head, self._new("issue")))

    def test_a_group_that_it_is_made_visible_to_sees_it(self):
        issue = self._new("issue", visible_group_ids=self.department.ids)
        self.assertTrue(self._seen_by(self.head, issue))

    def test_search_and_single_read_agree(self):
        items = self._new("todo") | self._new("todo", group_id=self.board.id)
        for user in (self.ann, self.ben, self.boss, self.cleo):
            with self.subTest(user=user.name):
                found = items.with_user(user).search([("id", "in", items.ids)])
                self.assertEqual(found, items.with_user(user)._filtered_access("read"))

    def test_who_only_sees_it_cannot_change_or_delete_it(self):
        rock = self._new("rock").with_user(self.ben)
        with self.assertRaises(AccessError):
            rock.name = "Mine now"
        with self.assertRaises(AccessError):
            rock.unlink()

    def test_who_only_sees_it_may_discuss_it(self):
        rock = self._new("rock")
        rock.with_user(self.ben).message_post(body="I can help.")
        self.assertIn("I can help.", rock.message_ids[0].body)

    def test_the_lead_changes_what_belongs_to_the_group(self):
        rock = self._new("rock", group_id=self.department.id)
        rock.with_user(self.head).name = "Clearer"
        self.assertEqual(rock.name, "Clearer")

    def test_the_former_owner_sees_but_no_longer_changes_it(self):
        rock = self._new("rock").with_user(self.ann)
        rock.action_escalate()
        self.assertTrue(rock.has_access("read"))
        self.assertFalse(rock.has_access("write"))

    def test_nobody_adds_items_to_a_foreign_group_for_its_people(self):
        values = {"name": "Spam", "owner_id": self.ann.id, "group_id": self.team.id}
        with self.assertRaises(AccessError):
            self.env["traction.todo"].with_user(self.outsider).create(values)

    def test_a_manager_sees_and_changes_everything(self):
        rock = self._new("rock").with_user(self.manager)
        rock.owner_id = self.ben
        self.assertEqual(rock.owner_id, self.ben)

    def test_only_a_manager_decides_who_is_in_a_group(self):
        with self.assertRaises(AccessError):
            self.team.with_user(self.ann).member_ids = self.outsider
        self.team.with_user(self.manager).member_ids = self.outsider
        self.assertEqual(self.team.member_ids, self.outsider)

    def test_an_internal_user_without_traction_sees_nothing_at_all(self):
        stranger = self._new_users("Stranger", groups="base.group_user")
        with self.assertRaises(AccessError):
            self.env["traction.rock"].with_user(stranger).search([])

    def test_measurements_are_seen_with_their_kpi_and_made_by_its_owner(self):
        kpi = self._new("kpi")
        measure = {"kpi_id": kpi.id, "value": 12.0}
        measurement = self.env["traction.measurement"].with_user(self.ann).create(measure)
        self.assertTrue(self._seen_by(self.ben, measurement))
        self.assertFalse(self._seen_by(self.outsider, measurement))
        with self.assertRaises(AccessError):
            measurement.with_user(self.ben).value = 1.0
