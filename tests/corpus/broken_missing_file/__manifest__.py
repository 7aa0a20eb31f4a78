{
    "name": "Broken missing file",
    "version": "1.0.0",
    "author": "hub-runner",
    "license": "LGPL-3",
    "depends": ["base"],
    "data": ["views/missing.xml"],
}
