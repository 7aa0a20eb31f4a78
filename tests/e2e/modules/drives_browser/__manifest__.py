{
    "name": "Drives a browser",
    "summary": "A tour that passes, and one whose last step never comes",
    "version": "1.0.0",
    "author": "hub-runner",
    "license": "LGPL-3",
    "depends": ["web"],
    "assets": {"web.assets_tests": ["drives_browser/static/tests/tours/**/*"]},
}
