"""Flags that may stand without a value, and so must not take the word behind them for it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from hub_runner.settings.schema import DEMO

# Flags whose value may be left out: argparse would take the module behind such a one for its value.
ALONE = {"--keep": "--keep=30m", "--debug": "--debug=pdb"}


def completed(words: Sequence[str]) -> Iterator[str]:
    """A command line in which ``--keep``, ``--debug``, ``--demo`` and ``--no-demo`` have the values that they mean."""
    merged = False
    for word, after in zip(words, [*words[1:], ""], strict=False):
        if merged:
            merged = False
        elif word in ALONE:
            yield ALONE[word]
        elif word == "--demo":
            merged = after in DEMO
            yield f"--demo={after if merged else 'on'}"
        else:
            yield "--demo=off" if word == "--no-demo" else word
