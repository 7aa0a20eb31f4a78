import pytest

from hub_runner.verdict.waived import Waived

KNOWN = {
    "warnings: x": Waived(setting="warnings", text="x"),
    "with demo data: warnings: x: y": Waived(setting="warnings", text="x: y", half="with demo data"),
    "without demo data: forgotten-tests: a.py": Waived(setting="forgotten-tests", text="a.py", half="without demo data"),
    "logged-errors: with demo data: x": Waived(setting="logged-errors", text="with demo data: x"),
}


@pytest.mark.parametrize(("told", "waived"), KNOWN.items())
def test_what_is_written_is_read_as_the_same(told: str, waived: Waived) -> None:
    assert str(waived) == told
    assert Waived.parse(told) == waived
