"""Prepared databases: what decides their contents, how one is made and kept as an image, and how a run starts from it.

A run's own database and the modules of the checkout are never kept here.

Two promises hold the design together.

**A warm verdict is the cold verdict.** ``odoo/inside/load_order.py`` has modules loaded in the order of a fresh database,
so a test meets the same models, methods and external ids as there. What remains different is in the database itself:
tables, columns and records of modules whose turn comes later. A red run that this may explain gets a second opinion from a
cold start (``verdict/second_opinion.py`` says when, ``lifecycle/tries.py`` does it), and that one counts.

**A prepared database is known by what is in it.** Its key is a digest of the set of modules that are installed in the end,
and of all else that decides (``recipe``); which set that is follows from Odoo's manifests, which are looked up once for
each image (``inventory``). A bigger database begins from the biggest smaller one of its family that is there (``tree``),
never from a superset and never serves as one: what it holds beyond would hide an undeclared dependency.

``start`` is what a run calls, ``prepare`` a verb of its own; ``command_tree`` says what several modules of one command make
in which order, ``pulled_or_made`` pulls one or has it made; ``making`` installs, ``store`` keeps and removes, ``fitness``
says when all this is not possible. In doubt a run starts cold.
"""
