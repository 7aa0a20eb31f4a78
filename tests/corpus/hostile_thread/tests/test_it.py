import threading
import time

from odoo.tests import TransactionCase


class TestThread(TransactionCase):
    def test_leaves_a_thread(self):
        threading.Thread(target=time.sleep, args=(3600,)).start()
