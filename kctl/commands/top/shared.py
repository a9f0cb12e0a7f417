"""What both tables of `kctl top` share: the measuring, the amounts, the layout."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Sequence
from typing import Any, NamedTuple

from kctl.commands.command import Option, UsageError
from kctl.commands.context import Context
from kctl.commands.parse import Args
from kctl.commands.pods import Engines
from kctl.reconcile.usage import measure, sample
from kctl.runtime.stats import NodeRates, NodeUsage, rates
from kctl.runtime.types import HostUnreachable, Runtime

UNKNOWN = "<unknown>"
SORTED_BY = ("cpu", "memory")
_LEAST, _PADDING = 6, 3

OPTIONS = (
    Option("no-headers", "bool", help="If present, print output without headers."),
    Option("show-swap", "bool", help="Print resources related to swap memory."),
    Option("sort-by", help="If non-empty, sort by this: 'cpu' or 'memory'."),
    Option("use-protocol-buffers", "bool", True, "Has no effect: nothing is sent", hidden=True),
)


class Amount(NamedTuple):
    cpu: float
    """cores"""
    memory: int
    """bytes"""

    def cells(self) -> tuple[str, str]:
        return f"{self.milli}m", f"{self.memory // 2**20}Mi"

    @property
    def milli(self) -> int:
        return math.ceil(round(self.cpu * 1e9) / 1_000_000)

    def by(self, name: str) -> int:
        """What it is sorted by, the largest first."""
        return -(self.milli if name == "cpu" else self.memory)


def total(amounts: Iterable[Amount]) -> Amount:
    found = list(amounts)
    return Amount(sum(each.cpu for each in found), sum(each.memory for each in found))


def check(args: Args, verb: str, selector_word: str) -> None:
    """Raises UsageError with kubectl's texts."""
    if len(args.positional) > 1:
        hint = f"See 'kctl top {verb} -h' for help and examples"
        raise UsageError(f"{verb} [NAME | -l label]", hint=hint)
    if args.positional and args["selector"]:
        raise UsageError(f"only one of NAME or {selector_word} can be provided")
    if args["sort-by"] and args["sort-by"] not in SORTED_BY:
        raise UsageError("--sort-by accepts only cpu or memory")


def measured(
    ctx: Context, nodes: Collection[str], pods: Collection[str] | None
) -> dict[str, NodeRates]:
    """What these nodes and the pods with these uids use, over the next second. Nodes that do
    not answer are left out."""
    engines = Engines(ctx)
    try:
        runtimes = _runtimes(engines, nodes)
        before: dict[str, NodeUsage] = {}

        def take() -> dict[str, NodeUsage]:
            found = dict(sample(runtimes, pods))
            if not before:
                before.update(found)
            return found

        after = measure(take)
        return {name: rates(before[name], after[name]) for name in after if name in before}
    finally:
        engines.close()


def _runtimes(engines: Engines, nodes: Iterable[str]) -> dict[str, Runtime]:
    found = {}
    for name in nodes:
        try:
            found[name] = engines.named(name)
        except HostUnreachable:
            continue
    return found


def write(ctx: Context, rows: Sequence[Sequence[str]]) -> None:
    """A table as kubectl's tab writer lays it out whose every cell ends with a tab."""
    if not rows:
        return
    widths = [max(_LEAST, *(len(row[at]) + _PADDING for row in rows)) for at in range(len(rows[0]))]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        ctx.say("".join(cells))


def meta_of(obj: dict[str, Any]) -> tuple[str, str]:
    """(namespace, name)."""
    return obj["metadata"].get("namespace", ""), obj["metadata"]["name"]
