from datetime import timedelta

from odoo.exceptions import UserError, ValidationError

from .common import TeamCase


class TestKpi(TeamCase):
    def _measure(self, kpi, *values):
        """The last value is today's, those before it are a week apart."""
        weeks = range(len(values) - 1, -1, -1)
        rows = zip(weeks, values, strict=True)
        return self.env["traction.measurement"].create(
            [{"kpi_id": kpi.id, "value": value, "date": self.today - timedelta(weeks=ago)} for ago, value in rows]
        )

    def test_a_kpi_without_measurements_is_not_off_track(self):
        self.assertEqual(self._new("kpi").status, "unknown")

    def test_at_least_is_met_by_the_target_itself(self):
        kpi = self._new("kpi")
        self._measure(kpi, 10.0)
        self.assertEqual(kpi.status, "on_track")

    def test_at_most_is_missed_above_the_target(self):
        kpi = self._new("kpi", goal="max")
        self._measure(kpi, 10.5)
        self.assertEqual(kpi.status, "off_track")

    def test_rounding_errors_do_not_miss_a_target(self):
        kpi = self._new("kpi", target=0.3, goal="max")
        self._measure(kpi, 0.1 + 0.2)
        self.assertEqual(kpi.status, "on_track")

    def test_the_newest_measurement_decides(self):
        kpi = self._new("kpi")
        self._measure(kpi, 4.0, 12.0)
        self.assertEqual((kpi.status, kpi.last_value, kpi.last_date), ("on_track", 12.0, self.today))

    def test_misses_in_a_row_are_counted_from_the_newest(self):
        kpi = self._new("kpi")
        self._measure(kpi, 1.0, 12.0, 3.0, 4.0)
        self.assertEqual(kpi.misses, 2)

    def test_another_target_judges_anew(self):
        kpi = self._new("kpi")
        measurement = self._measure(kpi, 12.0)
        kpi.target = 15.0
        self.assertEqual((measurement.is_on_track, kpi.status), (False, "off_track"))

    def test_a_deleted_measurement_no_longer_counts(self):
        kpi = self._new("kpi")
        self._measure(kpi, 12.0, 3.0)[1].unlink()
        self.assertEqual((kpi.status, kpi.misses), ("on_track", 0))

    def test_the_future_cannot_be_measured(self):
        with self.assertRaisesRegex(ValidationError, "future"):
            self.env["traction.measurement"].create(
                {"kpi_id": self._new("kpi").id, "value": 1.0, "date": self.today + timedelta(days=2)}
            )

    def test_a_day_is_measured_once(self):
        kpi = self._new("kpi")
        self._measure(kpi, 1.0)
        with self.assertRaisesRegex(ValidationError, "A kpi was measured on"):
            self._measure(kpi, 2.0)

    def test_a_kpi_off_track_raises_one_issue_until_that_is_solved(self):
        kpi = self._new("kpi", visible_group_ids=self.crew.ids)
        self._measure(kpi, 1.0)
        kpi.action_raise_issue()
        action = kpi.action_raise_issue()
        issue = self.env["traction.issue"].browse(action["res_id"])
        self.assertEqual(kpi.issue_ids, issue)
        self.assertEqual((issue.owner_id, issue.group_id), (self.ann, self.team))
        self.assertEqual(issue.visible_group_ids, self.crew)
        issue.write({"solution": "Done.", "state": "solved"})
        kpi.action_raise_issue()
        self.assertEqual(len(kpi.issue_ids), 2)

    def test_a_kpi_on_track_raises_no_issue(self):
        kpi = self._new("kpi")
        self._measure(kpi, 12.0)
        with self.assertRaisesRegex(UserError, "A kpi is not off track"):
            kpi.action_raise_issue()
