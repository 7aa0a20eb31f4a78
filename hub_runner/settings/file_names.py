"""The names of the files that a run writes into its output folder."""

from __future__ import annotations

LOG, RESULT, JUNIT = "proof_of_execution_tests.log", "result.json", "junit.xml"
BATCH_JSON, BATCH_XML = "batch.json", "batch.xml"  # of several modules
COVERAGE_XML, LCOV, HTMLCOV = "coverage.xml", "lcov.info", "htmlcov"  # the last one is a folder
REPORT = "report.html"
MATRIX = "matrix.json"  # which modules are in which shard of a CI matrix
PROOF = "proof.json"  # the statement of what the run claims, as in-toto has it
SIGNATURE = "proof.json.sig"  # over the bytes of the statement
WRITTEN = (LOG, RESULT, JUNIT, PROOF, SIGNATURE, BATCH_JSON, BATCH_XML, MATRIX, COVERAGE_XML, LCOV, HTMLCOV, REPORT)
OWN_FOLDER = ".hub-runner"
GUARDS_LOG = "guards.log"  # in the own folder: what the guards of commands say that are no run
