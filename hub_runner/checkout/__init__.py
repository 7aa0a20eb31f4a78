"""What is tested: the modules of a checkout, read once from disk, with their test files and the commit they belong to.

Nothing here knows Docker or runs Odoo: only files, git and the standard library.
"""
