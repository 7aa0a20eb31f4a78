from . import rock
