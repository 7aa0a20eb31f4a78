"""Kills runs in every way at any moment, on a real engine, and looks what is left of them: ``nox -s chaos``."""
