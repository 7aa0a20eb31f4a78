"""Benchmarks: ``nox -s bench`` measures, and writes docs/performance.md."""
