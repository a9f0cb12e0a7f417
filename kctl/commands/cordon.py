"""`kctl cordon` and `kctl uncordon`: may new pods go to a node?"""

from __future__ import annotations

from kctl.commands.command import Command, UsageError
from kctl.commands.context import Context
from kctl.commands.objects import Findings, Found, find
from kctl.commands.options import dry_run, selector
from kctl.commands.output import DRY_RUN
from kctl.commands.output import dry_run as dry_run_of
from kctl.commands.parse import Args


def mark(ctx: Context, args: Args, wanted: bool) -> int:
    """Set spec.unschedulable of the nodes named, and say what changed."""
    findings = nodes(ctx, args, "cordon" if wanted else "uncordon")
    dry = dry_run_of(ctx, args)
    changed = False
    for found in findings:
        with findings.guard():
            changed = schedule(ctx, found, wanted=wanted, dry=dry) or changed
    if changed:
        ctx.settle()
    return findings.finish()


def nodes(ctx: Context, args: Args, verb: str) -> Findings:
    """The nodes that are named or selected. Raises UsageError where neither, or both."""
    if not args.positional and not args["selector"]:
        raise UsageError(
            f"USAGE: {verb} NODE [flags]", hint=f"See 'kctl {verb} -h' for help and examples"
        )
    if args.positional and args["selector"]:
        raise UsageError(
            "cannot specify both a node name and a --selector option",
            hint=f"See 'kctl {verb} -h' for help and examples",
        )
    words = [name if "/" in name else f"node/{name}" for name in args.positional] or ["nodes"]
    return find(ctx, args, whole=True, words=words)


def schedule(ctx: Context, found: Found, *, wanted: bool, dry: str) -> bool:
    """Set spec.unschedulable of one node, say so, and answer whether that changed it."""
    verb = "cordon" if wanted else "uncordon"
    if bool((found.obj.get("spec") or {}).get("unschedulable")) == wanted:
        ctx.say(f"node/{found.name} already {verb}ed{DRY_RUN[dry]}")
        return False
    if dry != "client":
        patch = {"spec": {"unschedulable": True if wanted else None}}
        ctx.plane.api.patch(
            "nodes",
            found.name,
            "",
            patch,
            "strategic",
            dry_run=dry == "server",
            manager="kubectl",
        )
    ctx.say(f"node/{found.name} {verb}ed{DRY_RUN[dry]}")
    return dry == "none"


def run(ctx: Context, args: Args) -> int:
    return mark(ctx, args, True)


COMMAND = Command(
    name="cordon",
    summary="Mark node as unschedulable",
    usage="cordon NODE",
    examples='# Mark node "foo" as unschedulable\nkctl cordon foo',
    options=(dry_run(), selector()),
    arguments=("node",),
    run=run,
)
