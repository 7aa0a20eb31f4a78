from . import common, test_it
