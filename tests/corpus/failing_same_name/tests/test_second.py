from odoo.tests import TransactionCase

from .common import Shared


class TestShared(Shared, TransactionCase):
    number = 1
