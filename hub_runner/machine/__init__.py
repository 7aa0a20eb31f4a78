"""A machine that can run: ``setup`` gets engine and images, ``doctor`` shows what a run would meet.

No run needs this room.
"""
