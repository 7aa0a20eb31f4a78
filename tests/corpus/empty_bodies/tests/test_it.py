import asyncio

from odoo.tests import TransactionCase


class TestRock:
    def test_without_base(self):
        self.fail("no test case")


def test_function(env):
    assert not env, "no method of a test case"


class FakeConnector:
    """A helper: its name says so."""

    def test_connection(self):
        return True


class TestsOfShape:
    """A mixin: the test case below calls it."""

    def test_shape(self):
        self.assertTrue(FakeConnector().test_connection())


class TestIt(TestsOfShape, TransactionCase):
    allow_inherited_tests_method = True

    async def test_async(self):
        self.fail("nobody awaits it")

    def test_generator(self):
        yield
        self.fail("nobody asks for the next one")


class TestAsync(TransactionCase):
    def _callTestMethod(self, method):
        asyncio.run(method())

    async def test_awaited(self):
        self.assertTrue(self.env.uid)
