"""Odoo's test process: its command line, its start in the container, the program that runs ``inside`` it; and a
run's environment that is kept for people.

What its outcomes prove is not decided here: that is ``verdict``.
"""
