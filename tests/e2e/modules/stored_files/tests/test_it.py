import os

from odoo.tests import TransactionCase


class TestStoredFiles(TransactionCase):
    def test_attachments_lie_in_files_that_can_be_read_and_written(self):
        attachments = self.env["ir.attachment"].sudo().search([("store_fname", "!=", False)])
        self.assertTrue(attachments)
        self.assertFalse(self.env["ir.attachment"].sudo().search([("db_datas", "!=", False)]))
        for attachment in attachments:
            path = attachment._full_path(attachment.store_fname)
            with open(path, "rb") as file:
                content = file.read()
            self.assertEqual(attachment._compute_checksum(content), attachment.checksum)
            self.assertEqual(os.stat(path).st_uid, os.getuid())
        mine = self.env["ir.attachment"].create({"name": "mine", "raw": b"mine"})
        self.assertEqual(mine.raw, b"mine")
