import resource

from odoo.tests import TransactionCase


class TestExit(TransactionCase):
    def test_a_good_one(self):
        self.assertTrue(self.env.uid)

    def test_exit(self):
        """More than the container may have (mem_limit), with Odoo's own limit out of the way."""
        resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        hoard = [b"x" * 2**26 for _ in range(96)]
        self.fail(f"{len(hoard)} pieces of 64 MiB were to be had")

    def test_never_reached(self):
        self.fail("never")
