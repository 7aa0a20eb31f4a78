"""What a run proved: judged from what was recorded inside Odoo, against the test files on disk.

The kinds of problems and their exit codes stand in ``hub_runner.errors``; how a verdict is shown, in ``report``.
"""

from hub_runner.verdict.judge import judge

__all__ = ["judge"]
