from odoo.tests import TransactionCase, new_test_user


class TestIt(TransactionCase):
    def test_access(self):
        user = new_test_user(self.env, "rocker")
        self.env["mistake_in_tests.stone"].with_user(user).create({"name": "a"})

    def test_action(self):
        self.env["mistake_in_tests.stone"].action_archve()

    def test_create(self):
        pebble = self.env["mistake_in_tests.pebble"].create({"name": "a"})
        self.assertEqual(pebble.name, "a")

    def test_default(self):
        self.env["mistake_in_tests.rock"].create({"name": "a"})

    def test_domain(self):
        self.env["mistake_in_tests.stone"].search([("wieght", "=", 1)])

    def test_model(self):
        self.env["mistake_in_tests.stnoe"].search([])

    def test_no_self():
        pass

    def test_recursion(self):
        self.env["mistake_in_tests.stone"].create({"name": "a"}).write({"name": "b"})

    def test_reference(self):
        self.env.ref("base.group_usr")

    def test_required(self):
        self.env["mistake_in_tests.stone"].create({"weight": 1})

    def test_singleton(self):
        rocks = self.env["mistake_in_tests.rock"].create([{"name": "a", "state": "new"}, {"name": "b", "state": "new"}])
        rocks.action_done()

    def test_unassigned(self):
        rock = self.env["mistake_in_tests.rock"].create({"name": "a", "state": "new"})
        self.assertEqual(rock.hours, 0)

    def test_values(self):
        self.env["mistake_in_tests.stone"].create({"nmae": "a"})


class TestNoSuper(TransactionCase):
    @classmethod
    def setUpClass(cls):
        cls.stone = cls.env["mistake_in_tests.stone"].create({"name": "a"})

    def test_stone(self):
        self.assertTrue(self.stone)
