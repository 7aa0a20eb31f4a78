"""What the tested modules need beyond Odoo, and the image that has it: packages of Python and of the system, a browser.

A run asks ``wanted`` before the engine is touched, and ``provide`` once its images are here. Nothing here knows of runs.
"""
