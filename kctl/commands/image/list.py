"""`kctl image list`: which images are where."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kctl.commands.command import Command, Option, UsageError
from kctl.commands.context import Context
from kctl.commands.image.options import nodes
from kctl.commands.parse import Args

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from kctl.runtime.image_types import StoredImage

Object = dict[str, Any]
_FEW = 3
"""Nodes that are named in a cell; -o wide names them all."""


def run(ctx: Context, args: Args) -> int:
    if args.positional:
        raise UsageError("kctl image list takes no arguments")
    from kctl.commands.image.nodes import Engines
    from kctl.printing.outputs import Wanted, writer

    output = args["output"]
    write = None
    if output not in ("", "wide"):
        allowed = ("json", "name", "wide", "yaml")
        try:
            write = writer(Wanted(output, allowed=allowed, typed=True))
        except ValueError as error:
            raise UsageError(str(error)) from None
    ctx.refresh()
    with Engines(ctx) as engines:
        targets = engines.chosen(args)
        found = engines.on_each(targets, lambda target: target.images.list())
        items = merged(found)
        if output == "name":
            for item in items:
                ctx.say(f"image/{_name(item)}")
        elif write is not None:
            kinds = {"apiVersion": "kctl.io/v1", "kind": "ImageList"}
            ctx.out.write(write({**kinds, "items": items}))
        else:
            _table(ctx, args, items, [target.name for target in targets])
        return engines.code


def merged(found: Mapping[str, Sequence[StoredImage]]) -> list[Object]:
    """One item for each name of each image, the dangling ones last; by name, then ID."""
    where: dict[tuple[str, str], list[tuple[str, StoredImage]]] = {}
    for node in sorted(found):
        for image in found[node]:
            for name in image.names or ("",):
                where.setdefault((name, image.id), []).append((node, image))
    ordered = sorted(where.items(), key=lambda each: (each[0][0] == "", each[0]))
    return [_item(name, identity, places) for (name, identity), places in ordered]


def _item(name: str, identity: str, places: Sequence[tuple[str, StoredImage]]) -> Object:
    """With the field names of a node's status.images."""
    from datetime import UTC, datetime

    from kctl.api.times import now_text

    first = places[0][1]
    digests = {digest for _, image in places for digest in image.digests}
    return {
        "names": [*([name] if name else []), *sorted(digests)],
        "id": identity,
        "sizeBytes": first.size,
        "created": now_text(datetime.fromtimestamp(first.created, UTC)),
        "nodes": [node for node, _ in places],
    }


def _name(item: Object) -> str:
    from kctl.commands.image.nodes import short

    tagged = [name for name in item["names"] if "@" not in name]
    return tagged[0] if tagged else short(item["id"])


def _table(ctx: Context, args: Args, items: list[Object], asked: list[str]) -> None:
    from kctl.commands.image.nodes import human, short
    from kctl.printing.table import table

    wide = args["output"] == "wide"
    if not items:
        ctx.out.flush()
        ctx.err.write("No images found\n")
        return
    rows = [] if args["no-headers"] else [_headers(wide)]
    for item in items:
        tagged = [name for name in item["names"] if "@" not in name]
        name = tagged[0] if tagged else "<none>"
        row = [name, short(item["id"]), human(item["sizeBytes"])]
        rows.append([*row, *([item["created"]] if wide else []), _nodes(item["nodes"], wide)])
    ctx.out.write(table(rows))


def _headers(wide: bool) -> list[str]:
    return ["IMAGE", "ID", "SIZE", *(["CREATED"] if wide else []), "NODES"]


def _nodes(names: list[str], wide: bool) -> str:
    """kubectl's way with long lists: "a,b,c + 5 more..."."""
    if wide or len(names) <= _FEW:
        return ",".join(names)
    return f"{','.join(names[:_FEW])} + {len(names) - _FEW} more..."


COMMAND = Command(
    name="list",
    summary="List the images of the nodes",
    usage="list [--nodes=NODE,... | -l label] [-o json|yaml|wide|name]",
    description="List the images of the nodes, one line for each image and the nodes that have it.",
    examples="# All of them\nkctl image list\n"
    "# Those of one node, as JSON\nkctl image list --nodes=web1 -o json",
    options=(
        *nodes(),
        Option("output", short="o", help="Output format. One of: (json, yaml, name, wide)."),
        Option("no-headers", "bool", help="Don't print headers."),
    ),
    run=run,
)
