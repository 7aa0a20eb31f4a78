{
    "name": "Stored files",
    "summary": "Looks for the files of Odoo's own attachments",
    "version": "1.0.0",
    "license": "LGPL-3",
    "depends": ["web"],
}
