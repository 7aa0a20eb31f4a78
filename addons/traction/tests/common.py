from odoo import Command
from odoo.fields import Date
from odoo.tests import TransactionCase

KINDS = ("rock", "todo", "issue", "kpi")


class TractionFixture:
    """One company for all tests: Board > Department > Team > Crew, its people, and an outsider."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.today = Date.today()
        people = cls._new_users("Boss", "Head", "Ann", "Ben", "Cleo", "Outsider")
        cls.boss, cls.head, cls.ann, cls.ben, cls.cleo, cls.outsider = people
        cls.manager = cls._new_users("Manager", groups="traction.group_manager")
        cls.board = cls._new_group("Board", lead_id=cls.boss.id)
        cls.department = cls._new_group("Department", cls.board, lead_id=cls.head.id)
        cls.team = cls._new_group("Team", cls.department, member_ids=(cls.ann | cls.ben).ids)
        cls.crew = cls._new_group("Crew", cls.team, member_ids=cls.cleo.ids)

    @classmethod
    def _new_users(cls, *names, groups="traction.group_user"):
        """All at once and without passwords: hashing one takes longer than a test."""
        users = cls.env["res.users"].with_context(no_reset_password=True, tracking_disable=True)
        # Renamed in 19.0.
        field = "group_ids" if "group_ids" in users._fields else "groups_id"
        values = {field: [Command.set(cls.env.ref(groups).ids)]}
        logins = [f"traction_{name.lower()}" for name in names]
        rows = [{"name": name, "login": login, **values} for name, login in zip(names, logins, strict=True)]
        return users.create([{**row, "email": f"{row['login']}@example.com"} for row in rows]).with_context({})

    @classmethod
    def _new_group(cls, name, parent=None, **values):
        return cls.env["traction.group"].create({"name": name, "parent_id": parent and parent.id, **values})

    @classmethod
    def _new(cls, kind, **values):
        """A rock, todo, issue or kpi of Ann's in the team."""
        needed = {"target": 10.0} if kind == "kpi" else {}
        mine = {"name": f"A {kind}", "owner_id": cls.ann.id, "group_id": cls.team.id}
        return cls.env[f"traction.{kind}"].create({**mine, **needed, **values})


class TractionCase(TractionFixture, TransactionCase):
    pass
