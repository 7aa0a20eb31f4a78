from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub_runner.errors import UsageError
from hub_runner.odoo.tags import restricted


@pytest.mark.parametrize(
    ("tags", "kept"),
    [
        ("", "/traction"),
        ("/traction:TestRock.test_escalate", "/traction:TestRock.test_escalate"),
        ("nightly", "nightly/traction"),
        ("*", "*/traction"),
        ("+nightly", "+nightly/traction"),
        (":TestRock", "/traction:TestRock"),
        (".test_one", "/traction.test_one"),
        ("slow/traction:TestRock", "slow/traction:TestRock"),
        ("-slow", "/traction,-slow"),
        ("nightly,-slow", "nightly/traction,-slow"),
        ("-/mail", "/traction,-/mail"),
        ("/traction/tests/test_rock.py:TestRock", "/traction/tests/test_rock.py:TestRock"),
        (" /traction.test_js[a,b] , nightly ", "/traction.test_js[a,b],nightly/traction"),
    ],
)
def test_tags_never_leave_the_module(tags: str, kept: str) -> None:
    assert restricted("traction", tags) == kept


@pytest.mark.parametrize("tags", ["/mail", "slow/mail:TestMail", "/mail/tests/test_mail.py"])
def test_tags_of_another_module_are_refused(tags: str) -> None:
    with pytest.raises(UsageError, match=r"mail.*and this run tests traction"):
        restricted("traction", tags)


@pytest.mark.parametrize("tags", ["a b", "$(id)", "/traction:Test Rock", "--", "a;b"])
def test_what_is_no_tag_is_refused_with_an_example(tags: str) -> None:
    with pytest.raises(UsageError, match=r"/traction:TestRock\.test_escalate"):
        restricted("traction", tags)


@given(st.text())
def test_whatever_is_asked_for_only_tests_of_the_module_are_included(tags: str) -> None:
    try:
        words = restricted("traction", tags).split(",")
    except UsageError:
        return
    included = [word for word in words if not word.startswith("-") and "[" not in word and "]" not in word]
    assert all("/traction" in word for word in included)
