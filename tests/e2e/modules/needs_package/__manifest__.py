{
    "name": "Needs a package",
    "summary": "A package of Python that the image does not have",
    "version": "1.0.0",
    "author": "hub-runner",
    "license": "LGPL-3",
    "depends": ["base"],
    "external_dependencies": {"python": ["cachetools>=5"]},
}
