import unittest


class TestCase(unittest.TestCase):
    test_tags = {"standard", "at_install"}
    env = object()

    def _callTestMethod(self, method):
        method()
