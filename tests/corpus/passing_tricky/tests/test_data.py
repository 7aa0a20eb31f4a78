"""No test stands in here, and nothing imports it."""

ROWS = [1, 2, 3]
