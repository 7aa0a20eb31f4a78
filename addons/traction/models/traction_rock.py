from odoo import api, fields, models
from odoo.tools import date_utils


class TractionRock(models.Model):
    _name = "traction.rock"
    _description = "Traction Rock"
    _inherit = "traction.commitment"
    _closed_states = ("done", "dropped")

    quarter = fields.Char(compute="_compute_quarter", store=True)
    todo_ids = fields.One2many("traction.todo", "rock_id", string="To-Dos")
    progress = fields.Integer(compute="_compute_progress", store=True, help="Share of the to-dos done, in percent.")

    @api.model
    def _selection_state(self):
        running = [("on_track", self.env._("On Track")), ("off_track", self.env._("Off Track"))]
        return [*running, ("done", self.env._("Done")), ("dropped", self.env._("Dropped"))]

    def _default_due_date(self):
        return date_utils.end_of(super()._default_due_date(), "quarter")

    @api.depends("due_date")
    def _compute_quarter(self):
        for rock in self:
            due = rock.due_date
            rock.quarter = due and f"{due.year} Q{date_utils.get_quarter_number(due)}"

    @api.depends("state", "todo_ids.state")
    def _compute_progress(self):
        for rock in self:
            done = rock.todo_ids.filtered(lambda todo: todo.state == "done")
            share = 1 if rock.state == "done" else len(done) / (len(rock.todo_ids) or 1)
            rock.progress = round(100 * share)
