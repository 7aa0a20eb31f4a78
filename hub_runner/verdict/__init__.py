"""What a run proved: judged from what was recorded inside Odoo, against the test files on disk.

Each kind of failure is a slug that reports and agents may rely on. The first problem of a verdict decides its code.

=================  ====  =============================================================================
kind               code  what happened
=================  ====  =============================================================================
recorder_failed     4    outcomes could not be recorded in this Odoo: nothing is guessed
record_forged       4    the record of the tests has lines that are not ours, or lacks some
odoo_usage          2    Odoo refused an option (``odoo-args``) or a test tag
not_started         4    Odoo could not even be started
another_copy        4    Odoo took the module, or one that it depends on, from the image instead of the checkout
container_died      4    a container went away in the middle of the run
database_lost       4    PostgreSQL, or Odoo's connections to it, went away in the middle of the run
time_limit          4    the time limit passed
out_of_memory       4    the kernel killed Odoo's process, for its container had no memory left
left_early          4    the process ended without coming to Odoo's end, whatever its exit code was
module_ignored      4    Odoo silently skipped the module: unknown, not installable, another series ...
install_failed      4    the module could not be installed or its tests not be imported
install_errors      4    the module was installed, and errors were logged while it was
tests_failed        1    tests failed, setUpClass and tearDownClass included
test_logged_error   1    a test passed, and logged an error that it did not expect
log_blinded         4    Python's logging was changed: errors that were logged could not be seen
odoo_failed         4    Odoo's exit code says failure, and nothing above explains it
no_tests            3    the module has no tests at all, or none that the tags select
all_skipped         3    tests ran, and each of them was skipped
forgotten_files     3    test files on disk that Odoo never looked at
not_run             3    test methods that look like tests and are none for Odoo, or that did not run
=================  ====  =============================================================================
"""

from hub_runner.verdict.judge import judge

__all__ = ["judge"]
