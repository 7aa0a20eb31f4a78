import json
import os
import time
from unittest.mock import patch

from odoo.tests import TransactionCase


class TestTools(TransactionCase):
    def test_replaced(self):
        for owner, name in ((json, "dumps"), (os, "write"), (os, "open"), (time, "perf_counter")):
            patcher = patch.object(owner, name, side_effect=ValueError("replaced by a test"))
            patcher.start()
            self.addClassCleanup(patcher.stop)

    def test_z_forks(self):
        child = os.fork()
        if not child:
            os._exit(0)
        os.waitpid(child, 0)
