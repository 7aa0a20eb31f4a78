from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from hub_runner.report import statement, sums
from hub_runner.settings import LOG, RESULT


def test_a_large_log_is_summed_without_its_lines_and_without_being_read_into_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A gigabyte of it took 2.5 GB. Whoever verifies the files comes to the same sums from their contents."""
    log = tmp_path / LOG
    log.write_bytes(b"one line\nanother\n")
    assert statement._of_large(log) == {}
    monkeypatch.setattr(sums, "LARGE", 16)
    expected = {"sha256": hashlib.sha256(log.read_bytes()).hexdigest(), "size": 17, "lines": []}
    assert statement._of_large(log) == {LOG: expected}
    read = statement.checksums({LOG: log.read_bytes(), RESULT: b"{}"}, {})
    assert read[LOG] == expected
    assert statement.checksums({RESULT: b"{}"}, {}).keys() == {RESULT}
