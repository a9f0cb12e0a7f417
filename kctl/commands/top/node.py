"""`kctl top node`."""

from __future__ import annotations

from typing import Any

from kctl.api.quantity import parse
from kctl.commands.command import Command, Option, UsageError
from kctl.commands.context import Context
from kctl.commands.options import selector
from kctl.commands.parse import Args
from kctl.commands.top.shared import OPTIONS, UNKNOWN, Amount, check, measured, write

Object = dict[str, Any]
_HEAD = ("NAME", "CPU(cores)", "CPU(%)", "MEMORY(bytes)", "MEMORY(%)")
_SWAP = ("SWAP(bytes)", "SWAP(%)")


def run(ctx: Context, args: Args) -> int:
    check(args, "node", "--selector")
    ctx.refresh()
    nodes = {node["metadata"]["name"]: node for node in _nodes(ctx, args)}
    found = measured(ctx, nodes, frozenset()) if nodes else {}
    used = {
        name: Amount(each.machine.cpu, each.machine.memory)
        for name, each in found.items()
        if each.machine is not None
    }
    if not used:
        raise UsageError("metrics not available yet")
    more = _SWAP if args["show-swap"] else ()
    rows = [] if args["no-headers"] else [(*_HEAD, *more)]
    for name in _ordered(used, args["sort-by"]):
        rows.append((*_row(name, used[name], nodes[name], args), *(UNKNOWN for _ in more)))
    width = len(_HEAD) + len(more) - 1
    rows += [(name, *(UNKNOWN,) * width) for name in sorted(nodes.keys() - used.keys())]
    write(ctx, rows)
    return 0


def _nodes(ctx: Context, args: Args) -> list[Object]:
    api = ctx.plane.api
    if args.positional:
        return [api.get("nodes", args.positional[0], "")]
    return api.list("nodes", label_selector=args["selector"]).items


def _ordered(used: dict[str, Amount], sort_by: str) -> list[str]:
    names = sorted(used)
    return sorted(names, key=lambda name: used[name].by(sort_by)) if sort_by else names


def _row(name: str, used: Amount, node: Object, args: Args) -> tuple[str, ...]:
    field = "capacity" if args["show-capacity"] else "allocatable"
    there = (node.get("status") or {}).get(field) or {}
    cpu, memory = used.cells()
    return (
        name,
        cpu,
        _share(used.milli, there.get("cpu"), 1000),
        memory,
        _share(used.memory, there.get("memory"), 1),
    )


def _share(used: int, there: str | None, scale: int) -> str:
    whole = int(parse(there) * scale) if there else 0
    return f"{int(used / whole * 100)}%" if whole else UNKNOWN


COMMAND = Command(
    name="node",
    summary="Display resource (CPU/memory) usage of nodes",
    usage="node [NAME | -l label]",
    examples="# Show what all nodes use\nkctl top node\n\n"
    "# Show what one node uses\nkctl top node NODE_NAME",
    options=(
        *OPTIONS,
        selector(),
        Option("show-capacity", "bool", help="Shares of the capacity, not of the allocatable."),
    ),
    arguments=("node",),
    run=run,
)
