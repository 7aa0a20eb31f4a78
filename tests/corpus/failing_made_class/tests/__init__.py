from . import test_it
