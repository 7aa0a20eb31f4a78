from . import test_first, test_second
