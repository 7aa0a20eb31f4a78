"""A package that is wanted in another version than the image has it: it is replaced, unless Odoo itself requires it."""

from __future__ import annotations

import re

from packaging.utils import canonicalize_name

from hub_runner.requirements.inventory import Inventory
from hub_runner.requirements.wanted import SETTING, Package, Wanted
from hub_runner.text import listed

# What requirements.txt of Odoo 16.0 to 19.0 names: an image made of Odoo's sources has no metadata that would say so.
REQUIREMENTS = """
asn1crypto babel cbor2 chardet cryptography decorator docutils ebaysdk freezegun geoip2 gevent greenlet idna jinja2 libsass
lxml lxml-html-clean markupsafe num2words ofxparse openpyxl passlib pillow polib psutil psycopg2 psycopg2-binary pydot
pyopenssl pypdf pypdf2 pyserial python-dateutil python-ldap python-stdnum pytz pyusb qrcode reportlab requests rjsmin
rl-renderpm rlpycairo urllib3 vobject werkzeug xlrd xlsxwriter xlwt zeep
"""

ODOO = frozenset(REQUIREMENTS.split())


def is_of_odoo(name: str, inventory: Inventory) -> bool:
    """Whether Odoo itself requires the distribution. ``name`` is canonical."""
    odoo = inventory.distributions.get("odoo")
    named = {canonicalize_name(text) for it in odoo.requires for text in re.findall(r"^[\w.-]+", it)} if odoo else set()
    return name in named or name in ODOO


def may_replace(package: Package, wanted: Wanted, inventory: Inventory) -> bool:
    """Whether a package of the image may give way: it is none of Odoo's own, or the setting names it."""
    name = canonicalize_name(package.requirement.name)
    explicit = any(it.explicit and canonicalize_name(it.requirement.name) == name for it in wanted.python)
    return explicit or not is_of_odoo(name, inventory)


def conflict(conflicts: list[str]) -> str:
    lines = "\n".join(f"    {line}" for line in listed(conflicts))
    return (
        f"A package is wanted in a version that the image does not have:\n{lines}\nOdoo itself requires it, so it is "
        f"not replaced. Correct the requirement, or name it in {SETTING}: then it takes the place of the image's."
    )
