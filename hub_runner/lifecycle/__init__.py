"""What becomes of a module in one run: installed and tested; or installed as it was, upgraded, tested; and uninstalled.

Each stage is a process of Odoo of its own in the same environment and database; all of them are tried again, cold, if their
verdict is in doubt. What one process proved is judged in ``verdict``; here it is put together.
"""
