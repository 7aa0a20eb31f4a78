from odoo.exceptions import AccessError, UserError

from .common import KINDS, CompanyCase


class TestCascade(CompanyCase):
    def test_every_kind_becomes_visible_one_level_below(self):
        for kind in KINDS:
            with self.subTest(kind=kind):
                item = self._new(kind, group_id=self.board.id)
                item.with_user(self.ann).action_cascade()
                self.assertEqual(item.visible_group_ids, self.department)

    def test_owner_and_group_stay(self):
        rock = self._new("rock")
        rock.action_cascade()
        self.assertEqual((rock.owner_id, rock.group_id), (self.ann, self.team))

    def test_a_second_cascade_goes_one_level_further_down(self):
        rock = self._new("rock", group_id=self.board.id)
        rock.action_cascade()
        rock.action_cascade()
        self.assertEqual(rock.visible_group_ids, self.department | self.team)

    def test_the_members_below_see_it_then(self):
        rock = self._new("rock")
        self.assertFalse(rock.with_user(self.cleo).has_access("read"))
        rock.action_cascade()
        self.assertTrue(rock.with_user(self.cleo).has_access("read"))

    def test_the_chatter_names_the_groups(self):
        rock = self._new("rock", group_id=self.board.id)
        rock.action_cascade()
        self.assertIn("Cascaded to Department.", rock.message_ids[0].body)

    def test_an_archived_group_is_left_out(self):
        spare = self._new_group("Spare", self.board, active=False)
        rock = self._new("rock", group_id=self.board.id)
        rock.action_cascade()
        self.assertNotIn(spare, rock.visible_group_ids)

    def test_the_lowest_group_has_nothing_below(self):
        rock = self._new("rock", group_id=self.crew.id)
        with self.assertRaisesRegex(UserError, "No group below"):
            rock.action_cascade()

    def test_who_only_sees_it_cannot_cascade_it(self):
        with self.assertRaises(AccessError):
            self._new("rock").with_user(self.ben).action_cascade()
