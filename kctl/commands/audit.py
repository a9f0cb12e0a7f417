"""kctl audit: who did what, from the revisions that the store keeps."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from kctl.commands.command import Command, Option, UsageError
from kctl.commands.context import Context
from kctl.commands.parse import Args

if TYPE_CHECKING:
    from kctl.store.authors import Entry

_HEADERS = ["REVISION", "AGE", "USER", "VERB", "RESOURCE", "NAMESPACE", "NAME", "CLIENT"]
_FORMATS = ("", "json", "wide", "yaml")


def run(ctx: Context, args: Args) -> int:
    from kctl.printing.table import table

    if len(args.positional) > 2:
        raise UsageError("kctl audit takes a resource type and a name at most")
    if args["output"] not in _FORMATS:
        raise UsageError(
            f'unable to match a printer suitable for the output format "{args["output"]}"'
        )
    entries = _entries(ctx, args)
    if args["output"] in ("json", "yaml"):
        _write(ctx, [_item(each) for each in entries], args["output"])
    elif not entries:
        ctx.err.write("No entries found\n")
    else:
        rows = [] if args["no-headers"] else [_HEADERS]
        now = ctx.time()
        ctx.out.write(table(rows + [_row(each, now) for each in entries]))
    return 0


def _entries(ctx: Context, args: Args) -> list[Entry]:
    """The newest first."""
    words = args.positional
    if words and "/" in words[0]:
        words = [*words[0].split("/", 1), *words[1:]]
    kind = ctx.plane.kinds.resolve(words[0]) if words else None
    if words and kind is None:
        raise UsageError(f'the server doesn\'t have a resource type "{words[0]}"')
    scope = ctx.scope if kind is None or kind.namespaced else None
    if kind is None and not ctx.namespace_given:
        scope = None
    return ctx.plane.store.trail(
        resource=kind.resource if kind else None,
        namespace=scope,
        name=words[1] if len(words) > 1 else None,
        limit=args["limit"],
    )


def _said(entry: Entry) -> dict[str, Any]:
    """What the author said of himself; other plugins may have signed in other words."""
    try:
        said = json.loads(entry.author)
    except ValueError:
        return {"user": entry.author}
    return said if isinstance(said, dict) else {"user": entry.author}


def _row(entry: Entry, now: float) -> list[str]:
    from kctl.printing.cells import clean, human_duration

    said = _said(entry)
    key = entry.key
    texts = [
        str(entry.revision),
        human_duration(now - entry.at),
        str(said.get("user", "")),
        str(said.get("verb") or entry.verb),
        key.resource,
        key.namespace,
        key.name,
        str(said.get("agent", "")),
    ]
    return [clean(each) or "<none>" for each in texts]


def _item(entry: Entry) -> dict[str, Any]:
    from datetime import UTC, datetime

    from kctl.api.times import now_text

    plural, _, group = entry.key.resource.partition(".")
    about = {"resource": plural, "namespace": entry.key.namespace, "name": entry.key.name}
    said = _said(entry)
    return {
        "revision": entry.revision,
        "time": now_text(datetime.fromtimestamp(entry.at, UTC)),
        "change": entry.verb,
        "objectRef": {word: text for word, text in {**about, "apiGroup": group}.items() if text},
        **said,
    }


def _write(ctx: Context, items: list[dict[str, Any]], form: str) -> None:
    from kctl.printing.outputs import Wanted, writer

    write = writer(Wanted(form, allowed=("json", "yaml"), typed=True))
    ctx.out.write(write({"apiVersion": "kctl.io/v1", "kind": "AuditList", "items": items}))


COMMAND = Command(
    name="audit",
    summary="Show who changed what",
    usage="audit [TYPE [NAME] | TYPE/NAME] [-o json|yaml] [--limit=N]",
    description="""Show who changed what, the newest change first.

 Every change that somebody made, by a command or through `kctl serve`, is kept with his name for as long as the log of revisions; what kctl's own controllers write is not listed.""",  # noqa: E501 - as printed
    examples="""# Everything, in all namespaces
kctl audit

# Who touched a deployment
kctl audit deployment/web

# The last five changes of config maps in a namespace
kctl audit configmaps -n shop --limit=5""",
    options=(
        Option("all-namespaces", "bool", short="A", help="Of all namespaces."),
        Option("limit", "int", 50, "The most entries to show; 0 shows all."),
        Option("no-headers", "bool", help="Don't print headers."),
        Option("output", short="o", help="Output format. One of: (json, yaml)."),
    ),
    run=run,
)
