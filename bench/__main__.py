"""Run the benchmarks: `make bench`, or `python -m bench [NAME ...]`.

Prints one table of ratios, each against a peer or a raw limit of the same run, and keeps
the numbers as JSON in docs/bench.json (those of benchmarks that were not run stay).
"""

from __future__ import annotations

import importlib
import json
import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.lab import ROOT, say

NAMES = ("cli", "store", "passes", "pods", "heal", "requests", "path", "traffic", "hosts", "serve")
KEPT = ROOT / "docs/bench.json"
PAGE = ROOT / "docs/performance.md"
BEGIN, END = "<!-- table -->", "<!-- end of table -->"


def main(wanted: list[str]) -> int:
    results: dict[str, Any] = json.loads(KEPT.read_text()) if KEPT.exists() else {}
    for name in wanted or NAMES:
        if name not in NAMES:
            print(f"no benchmark {name!r}; there are: {', '.join(NAMES)}", file=sys.stderr)
            return 2
        say(f"== {name}")
        module = importlib.import_module(f"bench.{name}")
        results[name] = {
            "at": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "load": os.getloadavg()[0],
            "result": module.run(),
        }
    KEPT.write_text(json.dumps(results, indent=2) + "\n")
    text = table(results)
    print(text)
    _write_page(PAGE, text)
    return 0


def table(results: dict[str, Any]) -> str:
    """The Markdown table of everything measured."""
    lines = ["| what | kctl | beside | ratio | wanted |", "|---|---|---|---|---|"]
    for name in NAMES:
        if name in results:
            module = importlib.import_module(f"bench.{name}")
            lines += [f"| {' | '.join(row)} |" for row in module.rows(results[name]["result"])]
    return "\n".join(lines)


def _write_page(page: Path, text: str) -> None:
    before = page.read_text()
    head, _, rest = before.partition(BEGIN)
    _, _, tail = rest.partition(END)
    page.write_text(f"{head}{BEGIN}\n{text}\n{END}{tail}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
