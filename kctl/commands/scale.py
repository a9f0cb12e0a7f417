"""kctl scale."""

from __future__ import annotations

from kctl.commands.command import Command, Option, UsageError
from kctl.commands.options import dry_run, filename, output, selector

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from kctl.commands.context import Context
    from kctl.commands.objects import Found
    from kctl.commands.parse import Args

TRIES = 10
"""How often to start again when somebody else changed the object in between."""


def run(ctx: Context, args: Args) -> int:
    from kctl.commands import objects
    from kctl.commands.output import Result
    from kctl.commands.output import dry_run as dry_run_of

    if args["replicas"] < 0:
        raise UsageError(
            "The --replicas=COUNT flag is required, and COUNT must be greater than or equal to 0"
        )
    if args["current-replicas"] < -1:
        raise UsageError("The --current-replicas must specify an integer of -1 or greater")
    dry = dry_run_of(ctx, args)
    result = Result(ctx, args, dry=dry)
    findings = objects.find(ctx, args, selects_all=args["all"])
    if not findings and not findings.errors:
        raise UsageError("no objects passed to scale")
    if len(findings) > 1 and args["resource-version"]:
        raise UsageError("cannot use --resource-version with multiple resources")
    scaled: list[Found] = []
    for found in findings:
        with findings.guard():
            if dry != "client":
                scale(ctx, args, found, server_dry_run=dry == "server")
            result.show(found.obj, "scaled", found.label)
            scaled.append(found)
    if scaled and dry == "none":
        ctx.out.flush()
        ctx.settle(until=_until(ctx, args, scaled), timeout=args["timeout"] or None)
        _told_in_time(ctx, args, scaled)
    return findings.finish()


def scale(ctx: Context, args: Args, found: Found, *, server_dry_run: bool) -> None:
    """Set the number of replicas through the scale subresource."""
    from kctl.api.errors import ApiError

    api, resource = ctx.plane.api, found.resource.resource
    for attempt in range(TRIES):
        now = api.get_scale(resource, found.name, found.namespace)
        _preconditions(args, now)
        now["spec"]["replicas"] = args["replicas"]
        try:
            api.update_scale(
                resource,
                found.name,
                found.namespace,
                now,
                dry_run=server_dry_run,
                manager="kubectl",
            )
        except ApiError as error:
            if error.reason != "Conflict" or attempt == TRIES - 1:
                raise
        else:
            return


def _preconditions(args: Args, now: dict[str, Any]) -> None:
    size = now["spec"].get("replicas", 0)
    if args["current-replicas"] not in (-1, size):
        raise UsageError(f"Expected replicas to be {args['current-replicas']}, was {size}")
    version = now["metadata"].get("resourceVersion", "")
    if args["resource-version"] not in ("", version):
        raise UsageError(
            f"Expected resource version to be {args['resource-version']}, was {version}"
        )


def _reached(ctx: Context, found: Found, size: int) -> bool:
    from kctl.commands import objects

    now = objects.get(ctx, found.resource, found.namespace, found.name)
    return now is None or (now.get("status") or {}).get("replicas", 0) == size


def _until(ctx: Context, args: Args, scaled: list[Found]) -> Any:
    """With --timeout, until every object has as many replicas as it should."""
    if not args["timeout"]:
        return None
    return lambda: all(_reached(ctx, each, args["replicas"]) for each in scaled)


def _told_in_time(ctx: Context, args: Args, scaled: list[Found]) -> None:
    if args["timeout"] and not all(_reached(ctx, each, args["replicas"]) for each in scaled):
        raise UsageError("timed out waiting for the condition")


COMMAND = Command(
    name="scale",
    summary="Set a new size for a deployment, replica set, replication controller, or stateful "
    "set.",
    usage="scale [--resource-version=version] [--current-replicas=count] --replicas=COUNT "
    "(-f FILENAME | TYPE NAME)",
    examples="""
# Scale a replica set named 'foo' to 3
kctl scale --replicas=3 rs/foo

# If the deployment named mysql's current size is 2, scale mysql to 3
kctl scale --current-replicas=2 --replicas=3 deployment/mysql

# Scale multiple deployments
kctl scale --replicas=5 deploy/foo deploy/bar
""",
    arguments=("TYPE", "NAME"),
    options=(
        *output(),
        *filename("identifying the resource to set a new size"),
        selector(),
        dry_run(),
        Option("all", "bool", help="Select all resources in the namespace of the given types"),
        Option("current-replicas", "int", -1, "Scale only if the current size matches this."),
        Option("replicas", "int", 0, "The new desired number of replicas.", required=True),
        Option("resource-version", help="Scale only if the resource version matches this."),
        Option("timeout", "duration", 0.0, "How long to wait for the size to be reached."),
    ),
    run=run,
)
