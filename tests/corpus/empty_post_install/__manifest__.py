{
    "name": "Empty post install",
    "version": "1.0.0",
    "author": "hub-runner",
    "license": "LGPL-3",
    "depends": ["web"],
    "post_init_hook": "post_init_hook",
}
