from datetime import timedelta

from freezegun import freeze_time
from odoo.fields import Date

from .common import TeamCase


class TestTodo(TeamCase):
    @freeze_time("2024-05-06")
    def test_a_todo_is_due_in_a_week(self):
        self.assertEqual(self._new("todo").due_date, Date.to_date("2024-05-13"))

    def test_a_todo_due_today_is_not_overdue(self):
        todo = self._new("todo", due_date=self.today)
        self.assertFalse(todo.is_overdue)

    @freeze_time("2024-05-06 23:30")
    def test_a_day_ends_where_the_user_is(self):
        todo = self._new("todo", due_date="2024-05-06")
        self.assertFalse(todo.with_context(tz="UTC").is_overdue)
        self.assertTrue(todo.with_context(tz="Europe/Brussels").is_overdue)

    def test_a_late_todo_is_overdue_until_it_is_done(self):
        todo = self._new("todo", due_date=self.today - timedelta(days=2))
        self.assertTrue(todo.is_overdue)
        todo.action_done()
        self.assertFalse(todo.is_overdue)

    def test_a_new_todo_belongs_to_a_group_of_its_author(self):
        todo = self.env["traction.todo"].with_user(self.cleo).create({"name": "Tidy up"})
        self.assertEqual((todo.owner_id, todo.group_id), (self.cleo, self.crew))
