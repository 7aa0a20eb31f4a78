"""hub-runner: one command tests one Odoo module in a throw-away Docker environment and tells the truth about it."""

import sys

__version__ = "1.0.0"

if sys.version_info < (3, 11):  # noqa: UP036  # of a clone nothing else asks: Ubuntu 22.04 has 3.10
    sys.stderr.write(
        f"hub-runner: Python 3.11 or later is needed, and {sys.executable} is {sys.version.split()[0]}. Install nox for "
        "a newer one: `uv tool install --python 3.13 nox`, or `python3.11 -m pip install nox` in an environment of it.\n"
    )
    raise SystemExit(4)
