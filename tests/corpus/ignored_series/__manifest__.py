{
    "name": "Ignored series",
    "version": "12.0.1.0.0",
    "author": "hub-runner",
    "license": "LGPL-3",
    "depends": ["base"],
}
