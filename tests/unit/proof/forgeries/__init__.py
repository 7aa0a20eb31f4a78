"""Forgeries by kind. Each is done to an honest run, with the reason and the place that must be named."""

from __future__ import annotations

from collections.abc import Iterator

from tests.unit.proof.forgeries import of_readers, of_results, of_the_log, of_the_source
from tests.unit.proof.forgeries.forgery import Forgery

__all__ = ["Forgery", "forgeries"]


def forgeries() -> Iterator[Forgery]:
    yield from of_the_log.edited_log_lines()
    yield from of_the_log.added_and_removed_log_lines()
    yield from of_the_log.edited_log_whose_sums_were_mended()
    yield from of_results.edited_result_fields()
    yield from of_results.edited_result_whose_sums_were_mended()
    yield from of_readers.forgotten_by_the_result()
    yield from of_results.edited_junit()
    yield from of_results.edited_report()
    yield from of_results.edited_statement()
    yield from of_readers.read_in_two_ways()
    yield from of_results.truncated()
    yield from of_results.missing()
    yield from of_results.of_another_run()
    yield from of_the_source.of_other_files()
    yield from of_the_source.of_other_tests()
    yield from of_the_source.of_another_commit()
    yield from of_the_source.unpinned()
