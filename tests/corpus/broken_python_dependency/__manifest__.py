{
    "name": "Broken python dependency",
    "version": "1.0.0",
    "author": "hub-runner",
    "license": "LGPL-3",
    "depends": ["base"],
    "external_dependencies": {"python": ["no_such_library"]},
}
