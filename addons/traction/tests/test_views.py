from odoo.tests import Form, tagged

from .common import KINDS, TeamCase


@tagged("-at_install", "post_install")
class TestViews(TeamCase):
    """After all modules are installed: their views and rights may change ours."""

    def test_every_action_opens_for_a_user(self):
        for kind in (*KINDS, "measurement", "group"):
            with self.subTest(kind=kind):
                action = self.env.ref(f"traction.traction_{kind}_action")
                modes = [(False, mode) for mode in (*action.view_mode.split(","), "search")]
                views = self.env[action.res_model].with_user(self.ann).get_views(modes)["views"]
                self.assertEqual(set(views), {"list", "form", "search"})

    def test_every_item_form_offers_to_escalate_and_to_cascade(self):
        for kind in KINDS:
            with self.subTest(kind=kind):
                arch = self.env[f"traction.{kind}"].get_view(view_type="form")["arch"]
                self.assertIn('name="action_escalate"', arch)
                self.assertIn('name="action_cascade"', arch)

    def test_a_user_types_a_rock_into_its_form(self):
        with Form(self.env["traction.rock"].with_user(self.ann)) as form:
            form.name = "Open the second shop"
        rock = form.record
        self.assertEqual((rock.owner_id, rock.group_id, rock.state), (self.ann, self.team, "on_track"))

    def test_a_user_types_measurements_into_the_form_of_a_kpi(self):
        kpi = self._new("kpi")
        with Form(kpi.with_user(self.ann)) as form, form.measurement_ids.new() as line:
            line.value = 11.0
        self.assertEqual(kpi.status, "on_track")

    def test_the_menu_is_there_for_users_only(self):
        menu = self.env.ref("traction.traction_menu")
        stranger = self._new_users("Stranger", groups="base.group_user")
        menus = self.env["ir.ui.menu"]
        self.assertIn(menu.id, menus.with_user(self.ann)._visible_menu_ids())
        self.assertNotIn(menu.id, menus.with_user(stranger)._visible_menu_ids())
