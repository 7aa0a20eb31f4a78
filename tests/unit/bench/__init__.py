"""The benchmark's own reckoning, which needs no engine."""
