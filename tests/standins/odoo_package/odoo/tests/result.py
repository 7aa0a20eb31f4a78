import logging
import unittest

_logger = logging.getLogger("odoo.tests.result")


class OdooTestResult(unittest.TestResult):
    """Like Odoo's, it has each of these methods itself: the recorder wraps them in this class."""

    def startTest(self, test):
        logging.getLogger(type(test).__module__).info("Starting %s.%s ...", type(test).__name__, test._testMethodName)
        super().startTest(test)

    def stopTest(self, test):
        super().stopTest(test)

    def addSuccess(self, test):
        super().addSuccess(test)

    def addSkip(self, test, reason):
        super().addSkip(test, reason)

    def addError(self, test, error):
        super().addError(test, error)
        self.logError("ERROR", test, error)

    def addFailure(self, test, error):
        super().addFailure(test, error)
        self.logError("FAIL", test, error)

    def addSubTest(self, test, subtest, error):
        if error is not None:
            add = self.addFailure if issubclass(error[0], test.failureException) else self.addError
            add(subtest, error)

    def logError(self, flavour, test, error):
        _logger.error("%s: %s\n%s", flavour, test, self._exc_info_to_string(error, test))
