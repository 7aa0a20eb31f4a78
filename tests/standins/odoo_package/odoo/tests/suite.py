import unittest


class OdooSuite(unittest.TestSuite):
    def _handleClassSetUp(self, test, result):
        super()._handleClassSetUp(test, result)
