from datetime import date, timedelta

from freezegun import freeze_time

from .common import TeamCase


class TestRock(TeamCase):
    @freeze_time("2024-02-10")
    def test_a_rock_is_due_at_the_end_of_the_quarter(self):
        rock = self._new("rock")
        self.assertEqual(rock.due_date, date(2024, 3, 31))
        self.assertEqual(rock.quarter, "2024 Q1")

    def test_the_quarter_follows_the_due_date(self):
        rock = self._new("rock", due_date="2024-12-31")
        rock.due_date = "2025-04-01"
        self.assertEqual(rock.quarter, "2025 Q2")

    def test_progress_is_the_share_of_todos_done(self):
        rock = self._new("rock")
        self.assertEqual(rock.progress, 0)
        todos = self.env["traction.todo"]
        for _number in range(3):
            todos |= self._new("todo", rock_id=rock.id)
        todos[0].action_done()
        self.assertEqual(rock.progress, 33)

    def test_a_rock_that_is_done_is_complete_whatever_its_todos(self):
        rock = self._new("rock")
        self._new("todo", rock_id=rock.id)
        rock.action_done()
        self.assertEqual(rock.progress, 100)

    def test_a_rock_past_its_day_is_overdue_until_it_is_closed(self):
        rock = self._new("rock", due_date=self.today - timedelta(days=1))
        self.assertTrue(rock.is_overdue)
        rock.state = "dropped"
        self.assertFalse(rock.is_overdue)

    def test_a_deleted_rock_leaves_its_todos(self):
        rock = self._new("rock")
        todo = self._new("todo", rock_id=rock.id)
        rock.unlink()
        self.assertTrue(todo.exists())
