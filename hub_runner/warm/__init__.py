"""Warm start: Odoo's own modules are installed once, and kept as an image from which later runs' databases start.

The core does not import this: `batch.py` hands `warm_start` to a run. What a cache holds is said by its `Recipe`, whose
digest is the cache's name; whatever changes the one changes the other. A run's database is still its own and thrown away
with it, and the modules of the checkout are installed afresh each time.
"""

from hub_runner.warm.start import warm_start
from hub_runner.warm.store import Cache, caches, clean, remove

__all__ = ["Cache", "caches", "clean", "remove", "warm_start"]
