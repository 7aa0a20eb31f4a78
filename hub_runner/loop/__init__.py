"""What people stay in while they write code: the watch, kept environments, shells, and the lasting one for user acceptance.

A verdict that proves something is not made here: that is ``run``.
"""
