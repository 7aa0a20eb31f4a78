"""What all runs of one machine share: locks, leased ports, signals and processes that must outlive another one.

Nothing here knows the engine, a module or a verdict.
"""
