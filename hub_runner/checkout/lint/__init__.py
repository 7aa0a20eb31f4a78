"""What can be found wrong with a module within a second, without Odoo, a database or a container.

Every finding is a mistake as far as the files can tell. Those that ``stop`` the installation for certain end a run before it
starts anything. What depends on Odoo's own models, groups or packages is not judged here.
"""
