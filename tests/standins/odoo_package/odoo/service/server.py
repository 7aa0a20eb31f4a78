from types import SimpleNamespace

from odoo.modules import loading
from odoo.tests import loader


def start(names):
    """Installs modules and runs their tests. Odoo's exit code: 1 if a test failed."""
    env = SimpleNamespace(registry=None)
    loading.load_module_graph(env, [_package("base", "installed")])
    loading.load_module_graph(env, [_package(name, "to install") for name in names])
    loader.run_suite(loader.make_suite(names, "post_install"))
    return int(not all(result.wasSuccessful() for result in loader.results))


def _package(name, state):
    return SimpleNamespace(name=name, state=state, depth=int(name != "base"), info={"depends": ["base"]})
