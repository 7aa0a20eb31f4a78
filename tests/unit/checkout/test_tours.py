from __future__ import annotations

import pytest

from hub_runner.checkout.tours import unstarted

TOUR = b'registry.category("web_tour.tours").add("probe_tour", { steps: () => [] });'
STARTS = b'self.start_tour("/odoo", "probe_tour", login="admin")'


@pytest.mark.parametrize("tour", [TOUR, TOUR.replace(b'"', b"'"), b"tour.register('probe_tour', {}, []);"])
def test_a_tour_that_no_test_starts_is_named(tour: bytes) -> None:
    (sentence,) = unstarted({"static/tests/tours/probe.js": tour, "tests/test_it.py": b"pass"})
    assert sentence == "static/tests/tours/probe.js has a tour that no Python test starts (start_tour): probe_tour."


def test_a_tour_that_a_test_starts_is_not_named() -> None:
    assert list(unstarted({"static/tests/tours/probe.js": TOUR, "tests/test_it.py": STARTS})) == []


@pytest.mark.parametrize("path", ["static/src/js/tour.js", "static/tests/tour.txt", "static/tests/helper.js"])
def test_tours_for_people_and_other_files_are_left_alone(path: str) -> None:
    content = b"export const helper = 1;" if "helper" in path else TOUR
    assert list(unstarted({path: content})) == []
