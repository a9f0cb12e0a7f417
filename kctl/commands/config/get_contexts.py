"""`kctl config get-contexts`."""

from __future__ import annotations

from typing import Any

from kctl.commands.command import Command, Option, UsageError
from kctl.commands.config.shared import load
from kctl.commands.context import Context
from kctl.commands.parse import Args
from kctl.printing.table import table


def run(ctx: Context, args: Args) -> int:
    if args["output"] not in ("", "name"):
        raise UsageError(
            f"--output {args['output']} is not available in kctl config get-contexts; resetting "
            "to default output format"
        )
    config = load(args)
    known = {entry["name"]: entry.get("context") or {} for entry in config["contexts"]}
    wanted = args.positional or sorted(known)
    rows = [] if args["output"] or args["no-headers"] else [HEADER]
    missing = []
    for name in wanted:
        if name not in known:
            missing.append(f"context {name} not found")
        elif args["output"]:
            rows.append((name,))
        else:
            rows.append(_row(name, known[name], config["current-context"]))
    ctx.out.write(table(rows))
    if missing:
        raise UsageError("\n".join(missing))
    return 0


HEADER: tuple[str, ...] = ("CURRENT", "NAME", "CLUSTER", "AUTHINFO", "NAMESPACE")


def _row(name: str, body: dict[str, Any], current: str) -> tuple[str, ...]:
    fields = (body.get("cluster") or "", body.get("user") or "", body.get("namespace") or "")
    return ("*" if name == current else "", name, *fields)


COMMAND = Command(
    name="get-contexts",
    summary="Describe one or many contexts",
    usage="get-contexts [(-o|--output=)name]",
    examples="kctl config get-contexts",
    options=(
        Option("no-headers", "bool", help="Don't print headers."),
        Option("output", short="o", help="Output format. One of: (name)."),
    ),
    run=run,
)
