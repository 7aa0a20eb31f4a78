import logging

from odoo.tests import TransactionCase

_logger = logging.getLogger(__name__)
MARKUP = "</pre></details><script>window.pwned = 2</script><img src=x onerror='window.pwned = 3'>{{ 7 * 7 }}"


class TestMarkup(TransactionCase):
    def test_markup(self):
        _logger.info(MARKUP)
        print(MARKUP)
        with self.subTest(markup=MARKUP):
            self.fail(MARKUP)

    def test_skip(self):
        self.skipTest(MARKUP)
