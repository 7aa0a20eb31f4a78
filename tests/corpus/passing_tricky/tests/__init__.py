from . import common, test_tricky
from .deeper import test_deep
