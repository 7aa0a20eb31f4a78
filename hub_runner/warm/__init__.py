"""Prepared databases: what decides their contents, how one is built and kept as an image, and how a run starts from it.

A run's own database and the modules of the checkout are never kept here.
"""
