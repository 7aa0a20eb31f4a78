"""What people stay in while they write code: watch, debugger, shells, and the lasting environment for user acceptance.

A verdict that proves something is not made here: that is ``run``.
"""
