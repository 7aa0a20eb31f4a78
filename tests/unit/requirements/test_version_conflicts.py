from __future__ import annotations

import pytest

from hub_runner.errors import UsageError
from hub_runner.requirements.missing import missing
from hub_runner.requirements.version_conflicts import is_of_odoo
from tests.unit.requirements.images import image
from tests.unit.requirements.test_missing import names, want


def test_another_version_in_the_image_is_a_conflict_that_names_both() -> None:
    with pytest.raises(UsageError, match=r"a file: lxml>=6, and the image has 5\.4\.0"):
        missing(want("lxml>=6"), image("lxml 5.4.0"))


def test_the_setting_may_replace_a_package_of_the_image() -> None:
    assert names(missing(want("lxml>=6", explicit=True), image("lxml 5.4.0"))) == ["lxml>=6"]


def test_a_package_that_odoo_does_not_require_gives_way_to_the_version_that_is_wanted() -> None:
    assert names(missing(want("typing-extensions>=4.8"), image("typing_extensions 4.4.0"))) == ["typing-extensions>=4.8"]


def test_what_odoos_own_metadata_names_is_of_odoo_and_so_is_what_its_requirements_file_names() -> None:
    seen = image(distributions={"odoo": ["18.0", ["Frob>=1.0", "ldap3; extra == 'ldap'"]]})
    assert is_of_odoo("frob", seen)
    assert is_of_odoo("ldap3", seen)
    assert is_of_odoo("werkzeug", image())
    assert not is_of_odoo("typing-extensions", seen)
