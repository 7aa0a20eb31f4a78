"""What becomes of a module in one run: installed and tested; or installed as it was, upgraded, tested; and uninstalled.

Each stage is a process of Odoo of its own in the same environment and database. What one process proved is judged in
``verdict``; here it is put together.
"""

from hub_runner.lifecycle.stages import booted

__all__ = ["booted"]
