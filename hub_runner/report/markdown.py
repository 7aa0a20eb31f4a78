"""A result as Markdown, for GitHub's step summary."""

from __future__ import annotations

import re
from collections.abc import Iterator

from hub_runner.report import frames, words
from hub_runner.report.harmless import harmless, shorten
from hub_runner.result import Outcome, Result

FAILURES = 20
LIMIT = 900_000  # characters; GitHub refuses a summary beyond 1 MiB
_SPECIAL = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~&@$:])")


def summary(result: Result) -> str:
    return "\n".join(_lines(result))[: LIMIT // 4] + "\n\n"


def escaped(text: str) -> str:
    """``text`` on one line, as it stands, whatever Markdown makes of its characters."""
    return _SPECIAL.sub(r"\\\1", shorten(harmless(text).replace("\n", " "), 1000))


def fenced(text: str) -> str:
    """``text`` in a code block that nothing in it can end."""
    text = harmless(text)
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}text\n{text}\n{fence}"


def _lines(result: Result) -> Iterator[str]:
    verdict, info = result.verdict, result.info
    yield f"### {'✅' if verdict.passed else '❌'} {escaped(words.verdict(result))}\n"
    if info.stand_in:
        yield f"> ⚠️ {escaped(info.stand_in)}\n"
    for problem in verdict.problems:
        yield f"**{escaped(problem.kind)}**: {escaped(problem.message)}\n"
        if problem.details:
            yield fenced("\n".join(shorten(it, frames.WIDTH) for it in problem.details[:FAILURES])) + "\n"
    for failure in verdict.failures[:FAILURES]:
        yield from _failure(result, failure)
    if verdict.failures[FAILURES:]:
        yield f"... and {len(verdict.failures) - FAILURES} failures more.\n"
    yield f"tests {escaped(words.counts(verdict))}; phases: {escaped(words.phases(result))}\n"
    yield f"cleanup: {escaped(result.cleanup)}\n"


def _failure(result: Result, failure: Outcome) -> Iterator[str]:
    # HTML's summary element takes no Markdown: there the characters of HTML count.
    title = f"{failure.name} {words.place(failure)}".replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    yield f"<details><summary>{shorten(harmless(title), 1000)}</summary>\n"
    yield fenced("\n".join((*frames.relevant(failure), "", words.reproduce(result.info, failure))))
    yield "\n</details>\n"
