"""Which distribution brings an import name that a manifest uses in place of the distribution's own name.

Only from a table: the owner of a name on an index may be anybody, so nothing is ever guessed.
"""

from __future__ import annotations

from functools import lru_cache

from packaging.requirements import Requirement

# Names that manifests of public modules use and that belong to nobody or to somebody else on PyPI.
# Dead packages that manifestoo's table still names are left out: pycrypto, suds-jurko.
KNOWN = {
    "Crypto": "pycryptodome",
    "Crypto.Cipher.DES3": "pycryptodome",
    "OpenSSL": "pyOpenSSL",
    "PIL": "pillow",
    "Xlib": "python-xlib",
    "barcode": "python-barcode",
    "bs4": "beautifulsoup4",
    "cv2": "opencv-python-headless",
    "docx": "python-docx",
    "dns": "dnspython",
    "dotenv": "python-dotenv",
    "fitz": "pymupdf",
    "git": "GitPython",
    "jose": "python-jose",
    "jwt": "PyJWT",
    "magic": "python-magic",
    "mt940": "mt-940",
    "nacl": "PyNaCl",
    "odf": "odfpy",
    "pdfminer": "pdfminer.six",
    "saml2": "pysaml2",
    "slugify": "python-slugify",
    "sklearn": "scikit-learn",
    "suds": "suds-community",
    "telegram": "python-telegram-bot",
    "usb": "pyusb",
    "vcr": "vcrpy",
    "yaml": "PyYAML",
    "zmq": "pyzmq",
}


def distribution(name: str) -> str:
    """The distribution for a name of a manifest: the name itself unless it is known to be an import name."""
    return _table().get(name, name)


def of_import(name: str) -> str | None:
    """The distribution that a failed ``import name`` most likely misses; None if nobody has said so. For advice only."""
    return _table().get(name) or TEST_LIBRARIES.get(name)


# Libraries that OCA's tests import and manifests do not name.
TEST_LIBRARIES = {
    "freezegun": "freezegun",
    "odoo_test_helper": "odoo-test-helper",
    "parameterized": "parameterized",
    "requests_mock": "requests-mock",
    "responses": "responses",
    "xmlunittest": "xmlunittest",
}


def module(requirement: Requirement) -> str | None:
    """The module of Odoo that a package brings, by OCA's rule for the names of such packages; None for any other package."""
    from manifestoo_core.exceptions import InvalidDistributionName
    from manifestoo_core.metadata import distribution_name_to_addon_name

    try:
        return distribution_name_to_addon_name(requirement.name)
    except InvalidDistributionName:
        return None


@lru_cache(maxsize=1)
def _table() -> dict[str, str]:
    from manifestoo_core.metadata import EXTERNAL_DEPENDENCIES_MAP

    return {**EXTERNAL_DEPENDENCIES_MAP, **KNOWN}
