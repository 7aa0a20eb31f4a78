from odoo.exceptions import UserError

from .common import TeamCase


class TestIssue(TeamCase):
    def test_an_issue_goes_from_identified_over_discussed_to_solved(self):
        issue = self._new("issue", solution="Hire one more.")
        self.assertEqual(issue.state, "identified")
        issue.action_discuss()
        self.assertEqual(issue.state, "discussed")
        issue.action_solve()
        self.assertEqual(issue.state, "solved")

    def test_an_issue_is_not_solved_without_a_solution(self):
        issue = self._new("issue")
        with self.assertRaisesRegex(UserError, "Write down how A issue was solved"):
            issue.action_solve()

    def test_one_without_a_solution_keeps_the_others_unsolved(self):
        issues = self._new("issue", solution="Done.") | self._new("issue")
        with self.assertRaises(UserError):
            issues.action_solve()
        self.assertEqual(issues.mapped("state"), ["identified", "identified"])

    def test_urgent_issues_come_first(self):
        calm, urgent = self._new("issue"), self._new("issue", priority="1")
        found = self.env["traction.issue"].search([("id", "in", (calm | urgent).ids)])
        self.assertEqual(found, urgent + calm)
