"""Flags that may stand without a value, and so must not take the word behind them for it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from hub_runner.settings.schema import DEMO


def completed(words: Sequence[str]) -> Iterator[str]:
    """A command line in which ``--keep``, ``--demo`` and ``--no-demo`` have the values that they mean."""
    merged = False
    for word, after in zip(words, [*words[1:], ""], strict=False):
        if merged:
            merged = False
        elif word == "--keep":
            yield "--keep=30m"
        elif word == "--demo":
            merged = after in DEMO
            yield f"--demo={after if merged else 'on'}"
        else:
            yield "--demo=off" if word == "--no-demo" else word
