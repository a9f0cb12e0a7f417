"""get --watch: the rows or objects of every change, until somebody stops it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from kctl.commands import arguments, get, objects
from kctl.commands.catalog import Resource
from kctl.commands.command import UsageError
from kctl.commands.context import Context
from kctl.commands.get_objects import make_writer
from kctl.commands.parse import Args
from kctl.printing.outputs import Write
from kctl.printing.table import table

Object = dict[str, Any]

TURN_SECONDS = 1.0
"""How long to wait for a change before asking the hosts again."""


def watch(ctx: Context, args: Args) -> int:
    """Runs until it is interrupted, or until --request-timeout is over."""
    resource, name = _one_type(ctx, args)
    shown = _Tables(ctx, args, resource) if get.is_table(args) else _Objects(ctx, args)
    ctx.refresh()
    since = ctx.plane.store.revision()
    keep = objects.selection(ctx, args, resource)
    found = [each for each in objects.listed(ctx, args, resource) if name in (None, each.name)]
    if name is not None and not found and not args["ignore-not-found"]:
        from kctl.api.errors import not_found

        raise not_found(resource.resource, name)
    if not args["watch-only"]:
        shown.show([("ADDED", each.obj) for each in found])
    for kind, obj in _changes(ctx, resource, since):
        if name in (None, obj["metadata"]["name"]) and keep(obj):
            shown.show([(kind, obj)])
    return 0


def _one_type(ctx: Context, args: Args) -> tuple[Resource, str | None]:
    if args["filename"]:
        raise UsageError("watch is only supported on individual resources and resource collections")
    asked = arguments.read(args.positional)
    known = objects.catalog(ctx)
    pairs = [
        (resource, name)
        for word, name in asked.pairs
        for resource in arguments.resolve(known, word)
    ]
    if len(pairs) != 1:
        raise UsageError(
            "watch is only supported on individual resources and resource collections - "
            f"{len(pairs)} resources were found"
        )
    return pairs[0]


def _changes(ctx: Context, resource: Resource, since: int) -> Iterator[tuple[str, Object]]:
    """(type, object) of each change from `since` on, for ever or until the timeout."""
    store = ctx.plane.store
    scope = ctx.scope if resource.namespaced else None
    seconds = timeout(args=ctx.args)
    deadline = ctx.time() + seconds if seconds else None
    while deadline is None or ctx.time() < deadline:
        turn = TURN_SECONDS if deadline is None else min(TURN_SECONDS, deadline - ctx.time())
        if not store.wait(since, max(turn, 0.0)):
            ctx.refresh()
            continue
        for change in store.changes(since):
            since = change.revision
            if change.key.resource != resource.resource:
                continue
            if scope is None or change.key.namespace == scope:
                yield change.type, objects.decode(change.revision, change.value)


def timeout(args: Args) -> float:
    """--request-timeout in seconds, 0 for none. A bare number is seconds."""
    from kctl.commands.parse import duration

    text = args["request-timeout"]
    try:
        return float(text) if text.isdigit() else duration(text)
    except ValueError:
        raise UsageError(
            "Invalid timeout value. Timeout must be a single integer in seconds, or an integer "
            "followed by a corresponding time unit (e.g. 1s | 2m | 3h)"
        ) from None


class _Tables:
    """Rows under one header; a column never gets narrower."""

    def __init__(self, ctx: Context, args: Args, resource: Resource) -> None:
        self.ctx, self.args, self.resource = ctx, args, resource
        kind = ctx.plane.kinds.resolve(resource.resource)
        assert kind is not None
        self.row: Callable[[Object], list[Any]] = kind.row
        self.widths: list[int] = []
        self.headers = not args["no-headers"]

    def show(self, events: list[tuple[str, Object]]) -> None:
        lines = [self._line(kind, obj) for kind, obj in events]
        if self.headers and lines:
            head = get.headers(self.ctx, self.args, self.resource)
            lines.insert(0, ["EVENT", *head] if self.args["output-watch-events"] else head)
            self.headers = False
        self.ctx.out.write(table(lines, widths=self.widths))
        self.ctx.out.flush()

    def _line(self, event: str, obj: Object) -> list[str]:
        import json

        meta = obj["metadata"]
        stored = (
            meta.get("namespace", ""),
            meta["name"],
            0,
            json.dumps(meta.get("labels") or {}),
            json.dumps(self.row(obj)),
        )
        kinds = self.args["show-kind"]
        cells = get.line(self.ctx, self.args, self.resource, stored, self.ctx.time(), kinds=kinds)
        return [event, *cells] if self.args["output-watch-events"] else cells


class _Objects:
    """Each object in the format of -o."""

    def __init__(self, ctx: Context, args: Args) -> None:
        self.ctx, self.args = ctx, args
        self.write: Write = make_writer(ctx, args)

    def show(self, events: list[tuple[str, Object]]) -> None:
        for event, obj in events:
            if self.args["output-watch-events"]:
                obj = {"type": event, "object": obj}
            self.ctx.out.write(self.write(obj))
            if self.args["output"] == "yaml":
                self.ctx.out.write("---\n")
        self.ctx.out.flush()
