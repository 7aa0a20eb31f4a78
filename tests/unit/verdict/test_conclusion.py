from __future__ import annotations

import errno

import docker.errors
import pytest
import requests.exceptions

from hub_runner.verdict.conclusion import failed


def test_a_full_disk_of_our_own_is_no_fault_of_the_engine() -> None:
    """A6."""
    (problem,) = failed(OSError(errno.ENOSPC, "No space left on device", "/tmp/x")).problems
    assert problem.return_code == 4
    assert "engine" not in problem.message
    assert "No space left on device: /tmp/x" in problem.message


def test_a_file_that_may_not_grow_any_more_is_a_shortage_and_no_defect() -> None:
    """`ulimit -f`."""
    (problem,) = failed(OSError(errno.EFBIG, "File too large")).problems
    assert problem.return_code == 4
    assert "short of something: File too large. Look at its disk and at `ulimit -a`" in problem.message


@pytest.mark.parametrize("error", [FileNotFoundError(errno.ENOENT, "No such file", "x"), ValueError("x"), OSError("x")])
def test_another_error_of_our_own_is_a_defect(error: Exception) -> None:
    (problem,) = failed(error).problems
    assert (problem.kind, problem.return_code) == ("defect", 70)
    assert "engine stopped answering" not in problem.message


@pytest.mark.parametrize(
    "error",
    [docker.errors.DockerException("x"), requests.exceptions.ReadTimeout("x"), requests.exceptions.ConnectionError("x")],
)
def test_an_engine_that_is_gone_is_said_to_be(error: Exception) -> None:
    (problem,) = failed(error).problems
    assert problem.return_code == 4
    assert "The Docker engine stopped answering" in problem.message
