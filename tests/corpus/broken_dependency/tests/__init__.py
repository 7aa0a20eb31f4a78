from . import test_good
