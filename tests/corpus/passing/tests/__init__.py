from . import test_passing
