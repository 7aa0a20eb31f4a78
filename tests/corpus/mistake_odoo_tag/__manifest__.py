{
    "name": "Mistake odoo tag",
    "version": "1.0.0",
    "author": "hub-runner",
    "license": "LGPL-3",
    "depends": ["base"],
    "data": ["data.xml"],
}
