from odoo import Command
from odoo.fields import Date
from odoo.tests import TransactionCase

KINDS = ("rock", "todo", "issue", "kpi")


class TeamFixture:
    """A team and the crew below it, with Ann in the one and Cleo in the other."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.ann, cls.cleo = cls._new_users("Ann", "Cleo")
        cls.team = cls._new_group("Team", member_ids=cls.ann.ids)
        cls.crew = cls._new_group("Crew", cls.team, member_ids=cls.cleo.ids)

    @property
    def today(self):
        """The user's day, as the models reckon it: for an hour or two of each night it is not yet, or no longer, UTC's."""
        return Date.context_today(self.env.user)

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


class CompanyFixture(TeamFixture):
    """Board > Department > Team > Crew, more people in them, an outsider and a manager."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.boss, cls.head, cls.ben, cls.outsider = cls._new_users("Boss", "Head", "Ben", "Outsider")
        cls.manager = cls._new_users("Manager", groups="traction.group_manager")
        cls.board = cls._new_group("Board", lead_id=cls.boss.id)
        cls.department = cls._new_group("Department", cls.board, lead_id=cls.head.id)
        cls.team.write({"parent_id": cls.department.id, "member_ids": [Command.link(cls.ben.id)]})


class TeamCase(TeamFixture, TransactionCase):
    pass


class CompanyCase(CompanyFixture, TransactionCase):
    pass
