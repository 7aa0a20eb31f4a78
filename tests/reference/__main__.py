"""``python -m tests.reference``: asks bare Odoo for each module of the corpus, and compares with what is stored."""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import signal
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from hub_runner import settings
from hub_runner.checkout import modules
from hub_runner.engine import images
from hub_runner.engine.client import connect
from tests.e2e.lab import CORPUS, ROOT, Lab, environment
from tests.reference import bare
from tests.reference.bare import Bare

STORED = Path(__file__).with_name("reference.json")
UNSAFE = ("hostile_memory",)  # takes the memory of its neighbours


def main() -> int:
    options = parser().parse_args()
    engine = connect()
    chosen = images.choose(settings.load(ROOT), engine.client)
    engine.client.close()
    lab = Lab(project=f"hub-reference-{os.getpid()}", environ=environment(chosen.odoo, chosen.db))
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # the environment is removed in any case
    names = options.modules or [path.parent.name for path in sorted(CORPUS.glob("*/__manifest__.py"))]
    try:
        lab.compose("up", "--detach", "--wait")
        series = bare.series(lab)
        known = stored().get(series, {})
        print(f"{len(names)} modules on Odoo {series}, {options.jobs} at a time", flush=True)  # noqa: T201
        found = asked(lab, [name for name in names if name not in UNSAFE], known, options.jobs, demo=float(series) >= 19)
    finally:
        lab.compose("down", "--volumes", "--timeout=0", check=False)
    if options.update:
        keep({**stored(), series: {**known, **found}})
        return 0
    differ = [name for name, answer in found.items() if known.get(name) != answer]
    print(f"{len(found) - len(differ)} as stored, {len(differ)} differ" + "".join(f"\n  {name}" for name in differ))  # noqa: T201
    return 1 if differ else 0


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(prog="nox -s corpus -- --reference", description=__doc__)
    top.add_argument("modules", nargs="*", metavar="MODULE", help="of tests/corpus; all if none is named")
    top.add_argument("--update", action="store_true", help="store the answers, in the place of older ones")
    top.add_argument("--jobs", type=int, default=2, metavar="N", help="modules at a time (2)")
    return top


def asked(lab: Lab, names: list[str], known: dict[str, Bare], jobs: int, *, demo: bool) -> dict[str, Bare]:
    """Bare Odoo's answers, by module."""

    def one(number: int, name: str) -> Bare:
        answer = bare.tested(lab, name, *beside(name), number=number, demo=demo)
        state = "new" if name not in known else "as stored" if known[name] == answer else f"DIFFERS from {known[name]}"
        print(f"{name:32} {answer.verdict:14} {' '.join(answer.failing)} ({state})", flush=True)  # noqa: T201
        return answer

    with ThreadPoolExecutor(jobs) as pool:
        return dict(zip(names, pool.map(one, range(len(names)), names), strict=True))


def beside(name: str) -> list[str]:
    """The modules of the corpus that ``name`` depends on, directly or not."""
    found, left = list[str](), [name]
    while left:
        for other in modules.read(CORPUS / left.pop()).depends:
            if (CORPUS / other).is_dir() and other not in found:
                found.append(other)
                left.append(other)
    return found


def stored() -> dict[str, dict[str, Bare]]:
    """The answers of former days, by series and module."""
    if not STORED.exists():
        return {}
    text = json.loads(STORED.read_text(encoding="utf-8"))
    return {
        series: {name: Bare(**{**it, "failing": tuple(it["failing"])}) for name, it in answers.items()}
        for series, answers in text.items()
    }


def keep(answers: dict[str, dict[str, Bare]]) -> None:
    lines = []
    for series, of_series in sorted(answers.items()):
        rows = [f'  "{name}": {json.dumps(dataclasses.asdict(it))}' for name, it in sorted(of_series.items())]
        lines.append(f' "{series}": {{\n' + ",\n".join(rows) + "\n }")
    STORED.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


if __name__ == "__main__":
    raise SystemExit(main())
