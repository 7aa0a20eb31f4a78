{
    "name": "Broken on broken",
    "version": "1.0.0",
    "author": "hub-runner",
    "license": "LGPL-3",
    "depends": ["broken_xml"],
}
