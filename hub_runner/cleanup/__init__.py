"""Nothing is left: who owns what in the engine, teardown, the guard, the sweep and ``nox -s clean``.

Nothing here starts an environment or knows what was tested in it.
"""
