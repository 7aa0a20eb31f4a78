def post_init_hook(env):
    other = env["ir.module.module"].search([("name", "=", "base_import"), ("state", "=", "installed")])
    other.button_uninstall()
