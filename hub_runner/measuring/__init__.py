"""Coverage of a run: coverage.py beside Odoo in the container, its reports brought out, and the floor that a run must reach.

``inside`` runs in the container. It is packed apart from ``odoo/inside``, so that nothing here changes prepared databases
or a run that measures nothing.
"""
