"""Odoo's test process: its command line, its start in the container, and the program that runs ``inside`` it.

What its outcomes prove is not decided here: that is ``verdict``.
"""
