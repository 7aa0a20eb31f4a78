from __future__ import annotations

import pytest

from hub_runner.checkout.python import lies_in
from hub_runner.verdict.install_cause import place

LIBRARY = "/usr/local/lib/python3.12/dist-packages/fastapi/applications.py"


@pytest.mark.parametrize(
    ("file", "own"),
    [
        ("/mnt/extra-addons/fastapi/models/endpoint.py", True),
        ("/usr/lib/python3/dist-packages/odoo/addons/fastapi/models/endpoint.py", True),
        ("/opt/venv/lib/python3.12/site-packages/odoo/addons/fastapi/models/endpoint.py", True),
        (LIBRARY, False),
        ("/opt/venv/lib/python3.12/site-packages/fastapi/applications.py", False),
        ("/mnt/extra-addons/fastapi_auth/models/endpoint.py", False),
    ],
)
def test_a_package_of_python_with_the_modules_name_is_not_the_module(file: str, own: bool) -> None:
    assert lies_in(file, "fastapi") is own


def test_the_line_of_the_module_is_told_and_not_that_of_the_library() -> None:
    frames = (("/mnt/extra-addons/fastapi/models/endpoint.py", 12), (LIBRARY, 99))
    block = "".join(f'  File "{file}", line {line}, in call\n    call()\n' for file, line in frames)
    assert place([f"Traceback (most recent call last):\n{block}ValueError: no\n"], "fastapi") == ("models/endpoint.py", 12)
    alone = block.replace("/mnt/extra-addons/fastapi/", "/usr/lib/python3/dist-packages/odoo/")
    assert place([f"Traceback (most recent call last):\n{alone}ValueError: no\n"], "fastapi") is None
