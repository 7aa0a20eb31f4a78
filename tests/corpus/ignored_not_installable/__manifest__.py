{
    "name": "Ignored not installable",
    "version": "1.0.0",
    "author": "hub-runner",
    "license": "LGPL-3",
    "depends": ["base"],
    "installable": False,
}
