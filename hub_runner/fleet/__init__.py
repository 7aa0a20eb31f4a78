"""Many modules: which of them, in which order, beside each other or on several machines.

How one module is tested is not decided here: that is a run (``run.py``), and this room only starts runs and waits for them.
"""
