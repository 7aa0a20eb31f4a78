{
    "name": "Broken dependency",
    "version": "1.0.0",
    "author": "hub-runner",
    "license": "LGPL-3",
    "depends": ["base", "no_such_module"],
}
