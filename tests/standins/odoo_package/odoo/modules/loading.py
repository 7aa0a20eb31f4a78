from importlib import import_module

from odoo.tests import loader


def load_openerp_module(name):
    if name != "base":
        import_module("odoo.addons." + name)


def load_module_graph(env, graph):
    for package in graph:
        load_openerp_module(package.name)
        if package.state == "to install":
            loader.run_suite(loader.make_suite([package.name], "at_install"))
