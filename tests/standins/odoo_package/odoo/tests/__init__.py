from odoo.tests.common import HttpCase, TransactionCase, tagged
