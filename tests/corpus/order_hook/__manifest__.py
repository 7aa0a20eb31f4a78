{
    "name": "Order hook",
    "version": "1.0.0",
    "author": "hub-runner",
    "license": "LGPL-3",
    "depends": ["base"],
    "post_init_hook": "post_init_hook",
}
