import unittest
from importlib import import_module

from odoo.tests.result import OdooTestResult
from odoo.tests.suite import OdooSuite

results = []


class TagsSelector:
    def check(self, test):
        return "standard" in test.test_tags


def get_test_modules(module):
    try:
        tests = import_module("odoo.addons." + module + ".tests")
    except ModuleNotFoundError:
        return []
    return [item for name, item in vars(tests).items() if name.startswith("test_") and hasattr(item, "__file__")]


def make_suite(module_names, position="at_install"):
    selector = TagsSelector()
    python_modules = [item for name in module_names for item in get_test_modules(name)]
    suites = [suite for item in python_modules for suite in unittest.defaultTestLoader.loadTestsFromModule(item)]
    found = [test for suite in suites for test in suite]
    return OdooSuite(test for test in found if selector.check(test) and position in test.test_tags)


def run_suite(suite):
    result = OdooTestResult()
    suite(result)
    results.append(result)
    return result
