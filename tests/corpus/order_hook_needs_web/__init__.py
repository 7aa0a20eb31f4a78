def post_init_hook(env):
    env.ref("web.layout").active = True
